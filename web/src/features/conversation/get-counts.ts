import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { ConversationCounts } from "@/contract"
import { get } from "@/shared/api/http"
import { tagCondition, type ListFilter } from "./reduce"

export const countsKey = ["counts"] as const

/** The counts of all conversations, or of those with the list's assignee, bot and tag; until the response arrives, the former numbers are shown. */
export function useCounts({ assignee, bot, tag }: Pick<ListFilter, "assignee" | "bot" | "tag"> = { assignee: "any" }): ConversationCounts | undefined {
  const params = new URLSearchParams()
  if (assignee !== "any") params.set("assignee", String(assignee))
  const conditions = [...(bot ? [{ field: "bot", op: "is", value: bot }] : []), ...(tag ? [tagCondition(tag)] : [])]
  if (conditions.length > 0) params.set("filter", JSON.stringify({ all: conditions }))
  const query = params.toString()
  const queryKey = query ? [...countsKey, query] : countsKey
  return useQuery({ queryKey, queryFn: ({ signal }) => get<ConversationCounts>(`/api/conversations/counts${query && `?${query}`}`, signal), placeholderData: keepPreviousData }).data
}

/** "999+" if the server stopped counting there. */
export function countText(n: number, counts: ConversationCounts): string {
  return n >= counts.capped_at ? `${counts.capped_at}+` : String(n)
}
