import { queryOptions, useQuery } from "@tanstack/react-query"
import { useCallback, useEffect, useRef, useState } from "react"
import type { MessageList } from "@/contract"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { eventLog, noteAnswer } from "@/shared/realtime/log"
import { appendMessages, prependPage, reduceThread, threadFromPage, type ThreadState } from "./reduce"

export const threadsKey = "messages"
export const threadKey = (id: number) => [threadsKey, id] as const
const pageSize = 50
const askAgainMs = 2000

async function fetchPage(id: number, query: string, signal?: AbortSignal): Promise<ThreadState> {
  const page = await get<MessageList>(`/api/conversations/${id}/messages?limit=${pageSize}${query}`, signal)
  noteAnswer(page.seq)
  return eventLog.since(page.seq).reduce(reduceThread, threadFromPage(id, page))
}

const threadQuery = (id: number) => queryOptions({ queryKey: threadKey(id), queryFn: ({ signal }) => fetchPage(id, "&from=unread", signal) })

/** Fetched before the thread was first drawn, and no visit's remainder. */
let ahead: number | null = null

export function fetchThreadAhead(id: number): Promise<void> {
  ahead = id
  return queryClient.prefetchQuery(threadQuery(id))
}

/**
 * What is kept from the last visit is shown at once, unless reading would not go on there: when it ends before the newest
 * message, or does not reach back to the first unread one.
 */
function forgetIfOutrun(id: number, unread: number | null): "fetched" | "kept" {
  const state = queryClient.getQueryData<ThreadState>(threadKey(id))
  if (!state || id === ahead) return "fetched"
  const inbound = state.rows.filter(({ message }) => message.direction === "in").length
  if (state.after === null && (state.before === null || (unread ?? 0) <= inbound)) return "kept"
  queryClient.removeQueries({ queryKey: threadKey(id) })
  return "fetched"
}

export function useThread(id: number, unread: number | null) {
  const [source] = useState(() => forgetIfOutrun(id, unread))
  useEffect(() => {
    ahead = null
  }, [])
  const query = useQuery(threadQuery(id))
  const { busy: loadingOlder, load: loadOlder } = usePage(id, "before", query.data?.before ?? null, prependPage)
  const { load: loadNewer } = usePage(id, "after", query.data?.after ?? null, appendMessages)

  /** Straight to the newest messages; what lies between is left out until one scrolls up into it. */
  const skipToNewest = useCallback(async () => {
    const newest = await fetchPage(id, "")
    queryClient.setQueryData<ThreadState>(threadKey(id), (old) => ({ ...newest, first_unread: old?.first_unread ?? null }))
  }, [id])

  return { ...query, source, loadOlder, loadingOlder, loadNewer, skipToNewest }
}

/** Asks for the page at one end of the stretch, one at a time. */
function usePage(id: number, end: "before" | "after", from: number | null, join: typeof prependPage) {
  const asking = useRef(false)
  const [busy, setBusy] = useState(false)
  const load = useCallback(async () => {
    if (from === null || asking.current) return
    asking.current = true
    setBusy(true)
    try {
      const page = await get<MessageList>(`/api/conversations/${id}/messages?${end}=${from}&limit=${pageSize}`)
      queryClient.setQueryData<ThreadState>(threadKey(id), (old) => (old?.[end] === from ? join(old, page, eventLog.since(page.seq)) : old))
    } catch {
      // Whoever still looks at that end asks again, a little later.
      await new Promise((resolve) => setTimeout(resolve, askAgainMs))
    } finally {
      asking.current = false
      setBusy(false)
    }
  }, [id, end, from, join])
  return { busy, load }
}
