import { access } from "@/features/access/feature"
import { apps } from "@/features/apps/feature"
import { audit } from "@/features/audit/feature"
import { bot } from "@/features/bot/feature"
import { conversation } from "@/features/conversation/feature"
import { inbox } from "@/features/inbox/feature"
import { link } from "@/features/link/feature"
import { message } from "@/features/message/feature"
import { notice } from "@/features/notice/feature"
import { operator } from "@/features/operator/feature"
import { outbox } from "@/features/outbox/feature"
import { setting } from "@/features/setting/feature"
import { source } from "@/features/source/feature"
import { storage } from "@/features/storage/feature"
import { gather, type Handled } from "@/shared/lib/feature"
import type { EventType } from "@/shared/realtime/events"
import { own } from "./own"

const all = [inbox, conversation, message, bot, apps, setting, source, storage, operator, link, outbox, audit, own, access, notice] as const

/** Every feature of the panel, in the order of the palette, the navigation and the settings. */
export const features = gather(all)

/** Events that only the connection handles (shared/realtime/client.ts). */
type Ignored = "connection_established" | "resumed" | "refetch" | "pong"

/** Does not compile if an event of the contract is neither handled by a feature nor named above. */
const unhandled: Record<Exclude<EventType, Handled<(typeof all)[number]> | Ignored>, never> = {}
void unhandled

type SettingsOf<F> = F extends { settings: readonly { section: infer S }[] } ? S : never

/** The pages of the settings; app/settings-page.tsx does not compile if one of them has no component. */
export type Section = SettingsOf<(typeof all)[number]>
