import { access } from "@/features/access/feature"
import { bot } from "@/features/bot/feature"
import { conversation } from "@/features/conversation/feature"
import { message } from "@/features/message/feature"
import { operator } from "@/features/operator/feature"
import { outbox } from "@/features/outbox/feature"
import type { Feature, Handled } from "@/shared/lib/feature"
import type { EventType } from "@/shared/realtime/events"
import { notice } from "./notify"

const all = [conversation, message, operator, bot, access, outbox, notice] as const

/** Every feature of the panel, in the order in which their events, places and actions stand. */
export const features: readonly Feature[] = all

/** What the connection itself hears (shared/realtime/client.ts), and no feature needs. */
type Ignored = "connection_established" | "resumed" | "refetch" | "pong"

/** Does not compile while an event of the contract is neither handled by a feature nor named above. */
const unhandled: Record<Exclude<EventType, Handled<(typeof all)[number]> | Ignored>, never> = {}
void unhandled
