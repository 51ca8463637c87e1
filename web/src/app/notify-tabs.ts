import { uuid } from "@/shared/lib/id"
import type { Watcher } from "./notify-judge"

/**
 * Several tabs of one person each hear of a message. Before one of them tells of it, it asks the others who looks at
 * what. Nothing is kept between questions, so that a tab which ended without a word leaves nothing wrong behind.
 */
type Note = { type: "who"; ask: string } | ({ type: "here"; ask: string } & Watcher)

const waitMs = 120
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("switchboard.tabs")
const open = new Map<string, Watcher[]>()
let self: () => Watcher = () => ({ attentive: false, viewing: null })

channel?.addEventListener("message", ({ data }: MessageEvent<Note>) => {
  if (data.type === "who") channel.postMessage({ type: "here", ask: data.ask, ...self() } satisfies Note)
  else open.get(data.ask)?.push({ attentive: data.attentive, viewing: data.viewing })
})

export function describeSelf(describe: () => Watcher): void {
  self = describe
}

/** This tab first, then every other that answers in time. */
export async function askTabs(): Promise<readonly Watcher[]> {
  if (!channel) return [self()]
  const ask = uuid()
  const others: Watcher[] = []
  open.set(ask, others)
  channel.postMessage({ type: "who", ask } satisfies Note)
  await new Promise((resolve) => setTimeout(resolve, waitMs))
  open.delete(ask)
  return [self(), ...others]
}
