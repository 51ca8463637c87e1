import { expect, it } from "vitest"
import type { DurableEvent } from "@/contract"
import { reducer, type Reducers } from "./events"

const count = reducer({ conversation_read: (state, { seq }) => ({ n: state.n + 1, seq }) } satisfies Reducers<{ n: number; seq: number }>)
const read = (seq: number): DurableEvent => ({ type: "conversation_read", seq, data: { conversation_id: 1, operator_id: 1, read_count: 1 } })
const state = { n: 0, seq: 5 }

it("an event at or below the state's position changes nothing", () => {
  expect([read(4), read(5)].reduce(count, state)).toBe(state)
  expect(count(state, read(6))).toEqual({ n: 1, seq: 6 })
})

it("an event that concerns it not, or that only a newer server knows, leaves the state as it is", () => {
  for (const type of ["bot_status_change", "of_next_year", "toString"]) expect(count(state, { ...read(6), type } as DurableEvent)).toBe(state)
})
