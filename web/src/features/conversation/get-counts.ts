import { useQuery } from "@tanstack/react-query"
import type { ConversationCounts } from "@/contract"
import { get } from "@/shared/api/http"

export const countsKey = ["counts"] as const

export function useCounts(): ConversationCounts | undefined {
  return useQuery({ queryKey: countsKey, queryFn: ({ signal }) => get<ConversationCounts>("/api/conversations/counts", signal) }).data
}

/** "999+" where the server stopped counting. */
export function countText(n: number, counts: ConversationCounts): string {
  return n >= counts.capped_at ? `${counts.capped_at}+` : String(n)
}
