import { useQuery } from "@tanstack/react-query"
import { useCallback, useRef, useState } from "react"
import type { MessageList } from "@/contract"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { eventLog, noteAnswer } from "@/shared/realtime/log"
import { prependPage, reduceThread, threadFromPage, type ThreadState } from "./reduce"

export const threadsKey = "messages"
export const threadKey = (id: number) => [threadsKey, id] as const
const pageSize = 50
const askAgainMs = 2000

async function fetchNewest(id: number, signal: AbortSignal): Promise<ThreadState> {
  const page = await get<MessageList>(`/api/conversations/${id}/messages?limit=${pageSize}`, signal)
  noteAnswer(page.seq)
  return eventLog.since(page.seq).reduce(reduceThread, threadFromPage(id, page))
}

export function useThread(id: number) {
  const query = useQuery({ queryKey: threadKey(id), queryFn: ({ signal }) => fetchNewest(id, signal) })
  const busy = useRef(false)
  const [loadingOlder, setLoadingOlder] = useState(false)
  const before = query.data?.before ?? null

  const loadOlder = useCallback(async () => {
    if (before === null || busy.current) return
    busy.current = true
    setLoadingOlder(true)
    try {
      const page = await get<MessageList>(`/api/conversations/${id}/messages?before=${before}&limit=${pageSize}`)
      queryClient.setQueryData<ThreadState>(threadKey(id), (old) =>
        old?.before === before ? prependPage(old, page, eventLog.since(page.seq)) : old,
      )
    } catch {
      // Whoever still looks at the top asks again, a little later.
      await new Promise((resolve) => setTimeout(resolve, askAgainMs))
    } finally {
      busy.current = false
      setLoadingOlder(false)
    }
  }, [id, before])

  return { ...query, loadOlder, loadingOlder }
}
