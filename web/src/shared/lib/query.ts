import { QueryClient } from "@tanstack/react-query"
import { ApiFailure } from "../api/http"

const fleeting = new Set(["network", "timeout", "overloaded", "unavailable", "internal"])

/** Events update the cache, so responses do not become stale; a `refetch` frame or a reconnect requests them again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      structuralSharing: false,
      networkMode: "always",
      retry: (count, error) => count < 3 && error instanceof ApiFailure && fleeting.has(error.code),
      retryDelay: (count) => Math.min(8000, 400 * 2 ** count),
    },
    mutations: { networkMode: "always" },
  },
})

/** Requests again what the screen shows, and removes the rest, which would be shown outdated until its response came. */
export function renewQueries(): void {
  queryClient.removeQueries({ type: "inactive" })
  void queryClient.invalidateQueries()
}

/**
 * Deletes responses that the operator may no longer see, and requests again what the screen shows of them. The initial data of a
 * query is deleted too, which resetQueries would restore.
 */
export function dropQueries(queryKey: readonly unknown[]): void {
  queryClient.removeQueries({ queryKey, type: "inactive" })
  for (const query of queryClient.getQueryCache().findAll({ queryKey })) {
    query.reset()
    query.setState({ data: undefined, dataUpdatedAt: 0, status: "pending" })
  }
  void queryClient.refetchQueries({ queryKey, type: "active" })
}

const askEveryMs = 1500

/** Refetches a query at once, and then at most once per `askEveryMs`, however many events require it. */
export function refetchSoon(key: readonly unknown[]): () => void {
  let resting = false
  let again = false
  const ask = () => {
    if (resting) {
      again = true
      return
    }
    resting = true
    void queryClient.invalidateQueries({ queryKey: key })
    setTimeout(() => {
      resting = false
      if (again) ask()
      again = false
    }, askEveryMs)
  }
  return ask
}
