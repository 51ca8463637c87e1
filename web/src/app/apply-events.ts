import type { DurableEvent, EphemeralEvent, ServerFrame } from "@/contract"
import { queryClient, renewQueries } from "@/shared/lib/query"
import { features } from "./features"

/**
 * Applies a batch of events to every cached response with its feature's reducer, then calls the features' other handlers.
 * `known` is the seq up to which events had been applied before; the batch may begin below it, for a query whose response
 * arrived late.
 */
export function applyEvents(batch: readonly DurableEvent[], me: number, known: number): void {
  for (const { keeps } of features) {
    for (const { key, reduce } of keeps ?? []) {
      const apply = (state: unknown, event: DurableEvent) => reduce(state as never, event)
      queryClient.setQueriesData<unknown>({ queryKey: key }, (old: unknown) => (old === undefined ? old : batch.reduce(apply, old)))
    }
  }
  for (const event of batch) tell(event, me)
  const fresh = batch.filter(({ seq }) => seq > known)
  for (const { after } of features) after?.(fresh, me)
}

const told = features.map(({ on }) => new Map<string, (event: never, me: number) => void>(Object.entries(on ?? {})))

/** No feature handles an event of a newer server. */
function tell(event: ServerFrame, me: number): void {
  for (const handlers of told) handlers.get(event.type)?.(event as never, me)
}

export function applyEphemeral(frame: EphemeralEvent, me: number): void {
  tell(frame, me)
}

/** Requests again what has no seq: events between its fetch and the first connection cannot be distinguished from older ones. */
export function refetchUnplaced(): void {
  for (const queryKey of features.flatMap(({ unplaced }) => unplaced ?? []))
    void queryClient.invalidateQueries({ queryKey, predicate: ({ state }) => !(state.data as { seq?: number } | undefined)?.seq })
}

export function refetchEverything(): void {
  for (const { forget } of features) forget?.()
  renewQueries()
}
