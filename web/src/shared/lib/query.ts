import { QueryClient } from "@tanstack/react-query"
import { ApiFailure } from "../api/http"

const fleeting = new Set(["network", "timeout", "overloaded", "unavailable", "internal"])

/** Events keep what is cached true, so nothing grows stale by itself; a `refetch` frame or a reconnect asks anew. */
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

/** Asks anew for all that a screen shows. Forgets the rest, which would be shown old until its answer came. */
export function renewQueries(): void {
  queryClient.removeQueries({ type: "inactive" })
  void queryClient.invalidateQueries()
}

const askEveryMs = 1500

/** Refetches a query at once, and after that at most once every `askEveryMs`, however many events ask for it. */
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
