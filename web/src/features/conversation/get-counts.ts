import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { ConversationCounts } from "@/contract"
import { get } from "@/shared/api/http"
import type { AssigneeFilter } from "./reduce"

export const countsKey = ["counts"] as const

/** Of everybody's conversations, or of the assignee's that a list is about; until those have come, the numbers from before stand. */
export function useCounts(assignee: AssigneeFilter = "any"): ConversationCounts | undefined {
  const [queryKey, query] = assignee === "any" ? [countsKey, ""] : [[...countsKey, assignee], `?assignee=${assignee}`]
  return useQuery({ queryKey, queryFn: ({ signal }) => get<ConversationCounts>(`/api/conversations/counts${query}`, signal), placeholderData: keepPreviousData }).data
}

/** "999+" where the server stopped counting. */
export function countText(n: number, counts: ConversationCounts): string {
  return n >= counts.capped_at ? `${counts.capped_at}+` : String(n)
}
