import { uuid } from "@/shared/lib/id"
import type { Watcher } from "./judge"

/**
 * Every tab of an operator receives a message. Before a tab reports it, it asks the other tabs for their state. Nothing is kept
 * between these questions, so that a tab that was closed without a message leaves no wrong state.
 */
type Note = { type: "who"; ask: string } | ({ type: "here"; ask: string } & Watcher)

/** How long a tab waits for the others: if it knows their number, and if it does not (plain http has no locks). */
const longestMs = 1000
const waitMs = 120
/** Each tab holds a lock with this prefix as long as it is open. */
const lockName = "switchboard.tab."
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("switchboard.tabs")
const open = new Map<string, (watcher: Watcher) => void>()
let self: () => Watcher = () => ({ attentive: false, viewing: null })

channel?.addEventListener("message", ({ data }: MessageEvent<Note>) => {
  if (data.type === "who") channel.postMessage({ type: "here", ask: data.ask, ...self() } satisfies Note)
  else open.get(data.ask)?.({ attentive: data.attentive, viewing: data.viewing })
})

if (channel && "locks" in navigator) void navigator.locks.request(lockName + uuid(), () => new Promise(() => undefined))

/** The number of other tabs; null: unknown. */
async function tabsBeside(): Promise<number | null> {
  if (!("locks" in navigator)) return null
  const { held = [] } = await navigator.locks.query()
  return held.filter(({ name }) => name?.startsWith(lockName)).length - 1
}

export function describeSelf(describe: () => Watcher): void {
  self = describe
}

/** This tab first, then the others, except those that do not answer in time. */
export async function askTabs(): Promise<readonly Watcher[]> {
  if (!channel) return [self()]
  const ask = uuid()
  const others: Watcher[] = []
  const beside = await tabsBeside()
  await new Promise<void>((resolve) => {
    if (beside !== null && beside <= 0) return resolve()
    setTimeout(resolve, beside === null ? waitMs : longestMs)
    open.set(ask, (watcher) => {
      if (others.push(watcher) === beside) resolve()
    })
    channel.postMessage({ type: "who", ask } satisfies Note)
  })
  open.delete(ask)
  return [self(), ...others]
}
