import { useQuery } from "@tanstack/react-query"
import type { Me, Operator } from "@/contract"
import { ApiFailure, csrfToken, get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

export const meKey = ["me"] as const

const askAgainMs = 4000

/** A server that restarts is back in a moment; a session that ended is not. */
function fleeting(error: Error | null): boolean {
  return error instanceof ApiFailure && error.code !== "unauthorized"
}

/** The readable cookie comes and goes with the session: without it nobody is signed in, and there is nothing to ask. */
function fetchMe(signal: AbortSignal): Promise<Me> {
  if (!csrfToken()) return Promise.reject(new ApiFailure("unauthorized", 401, "Not signed in"))
  return get<Me>("/api/auth/me", signal)
}

export function useMeQuery() {
  return useQuery({
    queryKey: meKey,
    queryFn: ({ signal }) => fetchMe(signal),
    // Asked again when the connection is there; the same answer draws nothing.
    structuralSharing: true,
    refetchInterval: ({ state }) => (state.status === "error" && state.data === undefined && fleeting(state.error) ? askAgainMs : false),
  })
}

/** Inside the signed-in part of the panel, where the answer is always at hand. */
export function useMe(): Me {
  const { data } = useMeQuery()
  if (!data) throw new Error("useMe outside of a session")
  return data
}

export function getMe(): Me | undefined {
  return queryClient.getQueryData<Me>(meKey)
}

export function setMyOperator(operator: Operator): void {
  queryClient.setQueryData<Me>(meKey, (old) => (old && old.operator.id === operator.id ? { ...old, operator } : old))
}
