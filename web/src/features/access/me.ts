import { useQuery } from "@tanstack/react-query"
import type { Me, Operator } from "@/contract"
import { ApiFailure, csrfToken, get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

export const meKey = ["me"] as const

const askAgainMs = 4000

/** Whether a retry may help, as while the server restarts; it does not after the session has ended. */
function fleeting(error: Error | null): boolean {
  return error instanceof ApiFailure && error.code !== "unauthorized"
}

/** The readable cookie exists as long as the session: without it nobody is signed in, and no request is needed. */
function fetchMe(signal: AbortSignal): Promise<Me> {
  if (!csrfToken()) return Promise.reject(new ApiFailure("unauthorized", 401, "Not signed in"))
  return get<Me>("/api/auth/me", signal)
}

export function useMeQuery() {
  return useQuery({
    queryKey: meKey,
    queryFn: ({ signal }) => fetchMe(signal),
    // Requested again when the connection is established; an equal response renders nothing.
    structuralSharing: true,
    refetchInterval: ({ state }) => (state.status === "error" && state.data === undefined && fleeting(state.error) ? askAgainMs : false),
  })
}

/** For the signed-in part of the panel, where the response is always cached. */
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
