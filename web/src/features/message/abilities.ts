import { channels, type MessageKind } from "@/contract"

type Facts = (typeof channels)[keyof typeof channels]
export type Ability = keyof Facts["can"]

/** What the customers of a channel can be sent, and what may be done to it later: see spec/channels.tbl. */
export interface Abilities {
  carries(kind: MessageKind): boolean
  can(what: Ability): boolean
  /** For so long a sent answer can be deleted; 0: never. */
  deleteMs: number
  title: string
}

/** A channel without a row carries text and photos. */
const plain: readonly MessageKind[] = ["text", "photo"]

export function abilitiesOf(channel: string): Abilities {
  const facts: Facts | undefined = channel in channels ? channels[channel as keyof typeof channels] : undefined
  return {
    carries: (kind) => (facts?.carries ?? plain).includes(kind), can: (what) => facts?.can[what] ?? false,
    deleteMs: facts?.delete_ms ?? 0, title: facts?.title ?? channel,
  }
}
