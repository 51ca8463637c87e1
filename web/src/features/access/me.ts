import { useQuery } from "@tanstack/react-query"
import type { Me, Operator } from "@/contract"
import { ApiFailure, get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

export const meKey = ["me"] as const

/** `demo_url` is the simulator's page, where the server knows it. */
export type MeAnswer = Me & { demo_url?: string | null }

const askAgainMs = 4000

/** A server that restarts is back in a moment; a session that ended is not. */
function fleeting(error: Error | null): boolean {
  return error instanceof ApiFailure && error.code !== "unauthorized"
}

export function useMeQuery() {
  return useQuery({
    queryKey: meKey,
    queryFn: ({ signal }) => get<MeAnswer>("/api/auth/me", signal),
    refetchInterval: ({ state }) => (state.status === "error" && state.data === undefined && fleeting(state.error) ? askAgainMs : false),
  })
}

/** Inside the signed-in part of the panel, where the answer is always at hand. */
export function useMe(): MeAnswer {
  const { data } = useMeQuery()
  if (!data) throw new Error("useMe outside of a session")
  return data
}

export function getMe(): MeAnswer | undefined {
  return queryClient.getQueryData<MeAnswer>(meKey)
}

export function setMyOperator(operator: Operator): void {
  queryClient.setQueryData<MeAnswer>(meKey, (old) => (old && old.operator.id === operator.id ? { ...old, operator } : old))
}
