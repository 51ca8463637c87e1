import type { DurableEvent, Operator } from "@/contract"
import { assertNever } from "@/shared/realtime/never"

export interface OperatorsState {
  operators: readonly Operator[]
  seq: number
}

export function reduceOperators(state: OperatorsState, event: DurableEvent): OperatorsState {
  if (event.seq <= state.seq) return state
  switch (event.type) {
    case "operator_status_change": {
      const { operator } = event.data
      const known = state.operators.some(({ id }) => id === operator.id)
      const operators = known
        ? state.operators.map((old) => (old.id === operator.id ? operator : old))
        : [...state.operators, operator].sort((a, b) => a.id - b.id)
      return { operators, seq: event.seq }
    }
    case "new_message":
    case "message_update":
    case "chat_status_change":
    case "chat_update":
    case "conversation_read":
    case "bot_status_change":
      return state
    default:
      assertNever(event)
      return state
  }
}
