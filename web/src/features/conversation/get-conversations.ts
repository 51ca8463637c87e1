import { queryOptions, useQuery } from "@tanstack/react-query"
import { useCallback, useRef } from "react"
import type { Conversation, ConversationList } from "@/contract"
import { useMe } from "@/features/access"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { eventLog, noteAnswer } from "@/shared/realtime/log"
import { readsOwnOnly } from "./reach"
import { appendPage, listFromPage, reduceList, spamConditions, tagCondition, type ListFilter, type ListState } from "./reduce"

export const listKey = "conversations"
const pageSize = 60

function address({ status, assignee, q, bot, spam, tag }: ListFilter, cursor: string | null): string {
  const params = new URLSearchParams({ status, limit: String(pageSize) })
  if (assignee !== "any") params.set("assignee", assignee)
  if (q) params.set("q", q)
  if (bot) params.set("bot", bot)
  const conditions = [...(spam ? spamConditions(spam) : []), ...(tag ? [tagCondition(tag)] : [])]
  if (conditions.length > 0) params.set("filter", JSON.stringify({ all: conditions }))
  if (cursor !== null) params.set("cursor", cursor)
  return `/api/conversations?${params}`
}

async function fetchFirst(filter: ListFilter, me: number, signal: AbortSignal): Promise<ListState> {
  const page = await get<ConversationList>(address(filter, null), signal)
  noteAnswer(page.seq)
  return eventLog.since(page.seq).reduce(reduceList, listFromPage(filter, me, page, readsOwnOnly()))
}

export const listQuery = (filter: ListFilter, me: number) =>
  queryOptions<ListState>({ queryKey: [listKey, filter], queryFn: ({ signal }) => fetchFirst(filter, me, signal) })

/** The list of one tab. Further pages are added to the same state, in which events keep the order current. */
export function useConversations(filter: ListFilter) {
  const me = useMe().operator.id
  const query = useQuery({
    ...listQuery(filter, me),
    // During the typing of a search, the former results stay until the new response arrives.
    placeholderData: (old) =>
      old?.filter.status === filter.status && old.filter.assignee === filter.assignee && old.filter.bot === filter.bot && old.filter.spam === filter.spam && old.filter.tag === filter.tag ? old : undefined,
  })
  const loading = useRef<string | null>(null)
  const cursor = query.isPlaceholderData ? null : (query.data?.cursor ?? null)

  const loadMore = useCallback(async () => {
    if (cursor === null || loading.current === cursor) return
    loading.current = cursor
    try {
      const page = await get<ConversationList>(address(filter, cursor))
      queryClient.setQueryData<ListState>([listKey, filter], (old) =>
        // The list may have been requested again meanwhile; its cursor then differs.
        old?.cursor === cursor ? appendPage(old, page, eventLog.since(page.seq)) : old,
      )
    } catch {
      setTimeout(() => (loading.current = null), 2000)
    }
  }, [filter, cursor])

  return { ...query, loadMore }
}

/** Conversations of any status that match, the newest first; events do not update the result. */
export async function searchConversations(q: string, limit: number, signal: AbortSignal): Promise<readonly Conversation[]> {
  const params = new URLSearchParams({ status: "all", q, limit: String(limit) })
  return (await get<ConversationList>(`/api/conversations?${params}`, signal)).data
}
