import { queryOptions, useQuery } from "@tanstack/react-query"
import type { Operator } from "@/contract"
import { get } from "@/shared/api/http"
import { eventLog } from "@/shared/realtime/log"
import { reduceOperators, type OperatorsState } from "./reduce"

export const operatorsKey = ["operators"] as const

async function fetchOperators(signal: AbortSignal): Promise<OperatorsState> {
  const seq = eventLog.stamp()
  const { data } = await get<{ data: Operator[] }>("/api/operators", signal)
  return eventLog.since(seq).reduce(reduceOperators, { operators: data, seq })
}

export const operatorsQuery = queryOptions({ queryKey: operatorsKey, queryFn: ({ signal }) => fetchOperators(signal), structuralSharing: true })

const nobody: readonly Operator[] = []

export function useOperators(): readonly Operator[] {
  return useQuery(operatorsQuery).data?.operators ?? nobody
}

export function useOperator(id: number | null): Operator | undefined {
  return useOperators().find((operator) => operator.id === id)
}
