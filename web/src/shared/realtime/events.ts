import type { DurableEvent, ServerFrame } from "@/contract"

export type EventType = ServerFrame["type"]
export type DurableType = DurableEvent["type"]
export type EventOf<T extends EventType> = Extract<ServerFrame, { type: T }>

/** How each type of event changes a state; the types that say nothing about it are left out. */
export type Reducers<S> = { readonly [T in DurableType]?: (state: S, event: EventOf<T>) => S }

export interface Reducer<S, T extends DurableType = DurableType> {
  (state: S, event: DurableEvent): S
  /** What it was made from: the types that it handles. */
  readonly by: Readonly<Record<T, unknown>>
}

/**
 * One function from a table of reducers. An event at or below the state's own position changes nothing: replays and
 * crossing answers are harmless. So is an event that only a newer server knows; the next fetch brings its state.
 */
export function reducer<S extends { seq: number }, T extends DurableType>(by: { readonly [K in T]: (state: S, event: EventOf<K>) => NoInfer<S> }): Reducer<S, T> {
  const table = new Map<string, (state: S, event: never) => S>(Object.entries(by))
  const apply = (state: S, event: DurableEvent) => (event.seq <= state.seq ? state : (table.get(event.type)?.(state, event as never) ?? state))
  return Object.assign(apply, { by })
}
