import type { DurableEvent } from "@/contract"
import type { DurableType, EventOf, EventType } from "../realtime/events"

/** What a feature gives to the whole; `src/app` only gathers it (app/features.ts). */
export interface Feature {
  readonly name: string
  /** The cached answers that events keep true: every query whose key begins so, and its reducer. */
  readonly keeps?: readonly Kept[]
  /** What else an event asks for, after the reducers: mostly to fetch anew what no reducer can know. `me` is the operator. */
  readonly on?: { readonly [T in EventType]?: (event: EventOf<T>, me: number) => void }
  /** Once a batch, after all of that; `fresh` are the events that had not been applied before. */
  readonly after?: (fresh: readonly DurableEvent[], me: number) => void
  /** Answers that name no position in the log: the first connection asks for them again. */
  readonly unplaced?: readonly (readonly unknown[])[]
  /** The panel fell behind and fetches everything: forget what no request brings. */
  readonly forget?: () => void
}

interface Kept {
  readonly key: readonly unknown[]
  readonly reduce: ((state: never, event: DurableEvent) => unknown) & { readonly by: Partial<Readonly<Record<DurableType, unknown>>> }
}

/** Keeps the types of the events that are named, for app/features.ts to see that none is forgotten. */
export function feature<const F extends Feature>(all: F): F {
  return all
}

type TypesKept<K> = K extends { reduce: { by: infer By } } ? keyof By : never

/** The types of events that a feature handles. */
export type Handled<F> = (F extends { on: infer On } ? keyof On : never) | (F extends { keeps: readonly (infer K)[] } ? TypesKept<K> : never)
