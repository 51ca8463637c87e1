import { useInfiniteQuery, type InfiniteData } from "@tanstack/react-query"
import type { DeadLetter, Message } from "@/contract"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

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

/** Whether a changed message is a dead letter, or was one before the change. */
export function concernsDeadLetters({ id, direction, delivery }: Message): boolean {
  if (direction !== "out") return false
  if (delivery === "failed" || delivery === "uncertain") return true
  const known = queryClient.getQueryData<InfiniteData<DeadLetterPage>>(deadLettersKey)
  return known?.pages.some((page) => page.data.some(({ message }) => message.id === id)) ?? false
}
