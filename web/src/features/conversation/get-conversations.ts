import { queryOptions, useQuery } from "@tanstack/react-query"
import { useCallback, useRef } from "react"
import type { Conversation, ConversationList } from "@/contract"
import { useMe } from "@/features/access"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { eventLog, noteAnswer } from "@/shared/realtime/log"
import { readsOwnOnly } from "./reach"
import { appendPage, listFromPage, reduceList, type ListFilter, type ListState } from "./reduce"

export const listKey = "conversations"
const pageSize = 60

function address({ status, assignee, q }: ListFilter, cursor: string | null): string {
  const params = new URLSearchParams({ status, limit: String(pageSize) })
  if (assignee !== "any") params.set("assignee", assignee)
  if (q) params.set("q", q)
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

/** The list behind one tab. Pages further down are added to the same state, in which events keep the order live. */
export function useConversations(filter: ListFilter) {
  const me = useMe().operator.id
  const query = useQuery({
    ...listQuery(filter, me),
    // While one types a search, what was found before stays until the new answer is there.
    placeholderData: (old) =>
      old?.filter.status === filter.status && old.filter.assignee === filter.assignee ? old : undefined,
  })
  const loading = useRef<string | null>(null)
  const cursor = query.isPlaceholderData ? null : (query.data?.cursor ?? null)

  const loadMore = useCallback(async () => {
    if (cursor === null || loading.current === cursor) return
    loading.current = cursor
    try {
      const page = await get<ConversationList>(address(filter, cursor))
      queryClient.setQueryData<ListState>([listKey, filter], (old) =>
        // A refetch may have begun the list anew meanwhile; its cursor then differs.
        old?.cursor === cursor ? appendPage(old, page, eventLog.since(page.seq)) : old,
      )
    } catch {
      setTimeout(() => (loading.current = null), 2000)
    }
  }, [filter, cursor])

  return { ...query, loadMore }
}

/** Whoever fits, in whatever status, the newest first; for showing at once and not for keeping. */
export async function searchConversations(q: string, limit: number, signal: AbortSignal): Promise<readonly Conversation[]> {
  const params = new URLSearchParams({ status: "all", q, limit: String(limit) })
  return (await get<ConversationList>(`/api/conversations?${params}`, signal)).data
}
