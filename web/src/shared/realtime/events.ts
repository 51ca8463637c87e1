import type { DurableEvent, ServerFrame } from "@/contract"

export type EventType = ServerFrame["type"]
export type DurableType = DurableEvent["type"]
export type EventOf<T extends EventType> = Extract<ServerFrame, { type: T }>

/** How each type of event changes a state; types that do not change it are left out. */
export type Reducers<S> = { readonly [T in DurableType]?: (state: S, event: EventOf<T>) => S }

export interface Reducer<S, T extends DurableType = DurableType> {
  (state: S, event: DurableEvent): S
  /** The types that it handles. */
  readonly by: Readonly<Record<T, unknown>>
}

/**
 * Makes one function of a table of reducers. An event at or below the state's position changes nothing, so repeated events have no
 * effect. An event of a newer server is ignored; the next request brings its state.
 */
export function reducer<S extends { seq: number }, T extends DurableType>(by: { readonly [K in T]: (state: S, event: EventOf<K>) => NoInfer<S> }): Reducer<S, T> {
  const table = new Map<string, (state: S, event: never) => S>(Object.entries(by))
  const apply = (state: S, event: DurableEvent) => (event.seq <= state.seq ? state : (table.get(event.type)?.(state, event as never) ?? state))
  return Object.assign(apply, { by })
}
