import type { Operator } from "@/contract"
import { reducer, type Reducers } from "@/shared/realtime/events"

export interface OperatorsState {
  operators: readonly Operator[]
  seq: number
}

export const reduceOperators = reducer({
  operator_status_change: (state, { seq, data: { operator } }) => {
    const known = state.operators.some(({ id }) => id === operator.id)
    const operators = known
      ? state.operators.map((old) => (old.id === operator.id ? operator : old))
      : [...state.operators, operator].sort((a, b) => a.id - b.id)
    return { operators, seq }
  },
} satisfies Reducers<OperatorsState>)
