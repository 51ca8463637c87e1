import { useInfiniteQuery } from "@tanstack/react-query"
import type { DeadLetter } from "@/contract"
import { get } from "@/shared/api/http"

export const deadLettersKey = ["dead-letters"] as const

interface DeadLetterPage {
  data: DeadLetter[]
  next_cursor: string | null
}

export function useDeadLetters() {
  return useInfiniteQuery({
    queryKey: deadLettersKey,
    queryFn: ({ pageParam, signal }) => get<DeadLetterPage>(`/api/dead-letters?limit=50${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ""}`, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  })
}
