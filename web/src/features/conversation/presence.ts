import type { EphemeralEvent } from "@/contract"
import { createStore, useStore } from "@/shared/lib/store"

/** The operators who view a conversation or type in it. Entries expire unless they are renewed. */
type ByConversation = Readonly<Record<number, readonly number[]>>

const viewers = createStore<ByConversation>({})
const typers = createStore<ByConversation>({})
const typingFadesMs = 6000
const timers = new Map<string, ReturnType<typeof setTimeout>>()
const nobody: readonly number[] = []

export function notePresence({ data }: Extract<EphemeralEvent, { type: "presence" }>): void {
  viewers.set((old) => ({ ...old, [data.conversation_id]: data.operator_ids }))
}

export function noteTyping({ data }: Extract<EphemeralEvent, { type: "typing" }>): void {
  const { conversation_id: id, operator_id: who } = data
  const key = `${id}:${who}`
  clearTimeout(timers.get(key))
  const others = (typers.get()[id] ?? nobody).filter((other) => other !== who)
  typers.set((old) => ({ ...old, [id]: data.typing ? [...others, who] : others }))
  if (data.typing) timers.set(key, setTimeout(() => noteTyping({ type: "typing", data: { ...data, typing: false } }), typingFadesMs))
}

export function clearPresence(): void {
  viewers.set({})
  typers.set({})
}

export function useViewers(id: number): readonly number[] {
  return useStore(viewers, (all) => all[id] ?? nobody)
}

export function useTypers(id: number): readonly number[] {
  return useStore(typers, (all) => all[id] ?? nobody)
}
