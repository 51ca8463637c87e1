import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { ConversationCounts } from "@/contract"
import { get } from "@/shared/api/http"
import type { AssigneeFilter } from "./reduce"

export const countsKey = ["counts"] as const

/** The counts of all conversations, or of those with the list's assignee; until the response arrives, the former numbers are shown. */
export function useCounts(assignee: AssigneeFilter = "any"): ConversationCounts | undefined {
  const [queryKey, query] = assignee === "any" ? [countsKey, ""] : [[...countsKey, assignee], `?assignee=${assignee}`]
  return useQuery({ queryKey, queryFn: ({ signal }) => get<ConversationCounts>(`/api/conversations/counts${query}`, signal), placeholderData: keepPreviousData }).data
}

/** "999+" if the server stopped counting there. */
export function countText(n: number, counts: ConversationCounts): string {
  return n >= counts.capped_at ? `${counts.capped_at}+` : String(n)
}
