import { queryOptions, useQuery } from "@tanstack/react-query"
import { useSyncExternalStore } from "react"
import type { Conversation } from "@/contract"
import { getMe, useMe } from "@/features/access"
import { get } from "@/shared/api/http"
import { dropQueries, queryClient } from "@/shared/lib/query"
import { eventLog } from "@/shared/realtime/log"
import { listKey } from "./get-conversations"
import { isOutOfReach } from "./reach"
import { reduceConversation, type ConversationState, type ListState } from "./reduce"

export const conversationsKey = "conversation"
export const conversationKey = (id: number) => [conversationsKey, id] as const

async function fetchConversation(id: number, me: number, signal?: AbortSignal): Promise<ConversationState> {
  const seq = eventLog.stamp()
  const conversation = await get<Conversation>(`/api/conversations/${id}`, signal)
  return eventLog.since(seq).reduce(reduceConversation, { conversation, me, seq })
}

export const conversationQuery = (id: number, me: number) =>
  queryOptions({ queryKey: conversationKey(id), queryFn: ({ signal }) => fetchConversation(id, me, signal), structuralSharing: true })

/** A row of a list is as current as a response, and needs no request. */
function fromLists(id: number, me: number): ConversationState | undefined {
  for (const [, list] of queryClient.getQueriesData<ListState>({ queryKey: [listKey] })) {
    const row = list?.rows.find(({ conversation }) => conversation.id === id)
    if (row && row.conversation.read_count !== undefined) return { conversation: row.conversation, me, seq: row.seq }
  }
  return undefined
}

export function useConversation(id: number) {
  const me = useMe().operator.id
  const query = useQuery({
    ...conversationQuery(id, me),
    initialData: () => fromLists(id, me),
  })
  return { ...query, conversation: query.data?.conversation }
}

const subscribeCache = (listener: () => void) => queryClient.getQueryCache().subscribe(listener)

/** The open conversation if it is cached; the component that shows it requests it. */
export function useOpenConversation(id: number | null): Conversation | null {
  return useSyncExternalStore(subscribeCache, () => (id === null ? null : (queryClient.getQueryData<ConversationState>(conversationKey(id))?.conversation ?? null)))
}

/** A conversation that left the operator's reach is deleted here; one that comes back is requested again where it was not found. */
export function followReach({ data: { conversation } }: { data: { conversation: Conversation } }): void {
  const queryKey = conversationKey(conversation.id)
  if (isOutOfReach(conversation)) dropQueries(queryKey)
  else void queryClient.refetchQueries({ queryKey, type: "active", predicate: ({ state }) => state.status === "error" })
}

/**
 * Shows the response to a request of this tab at once. sentAt: the position of the log when the request was sent; events that
 * arrived during the request may be newer than the response, so they are applied to it.
 */
export function putConversation(conversation: Conversation, sentAt: number): void {
  const me = getMe()?.operator.id
  if (me === undefined) return
  if (isOutOfReach(conversation)) return dropQueries(conversationKey(conversation.id))
  queryClient.setQueryData<ConversationState>(conversationKey(conversation.id), (old) =>
    eventLog.since(sentAt).reduce(reduceConversation, { conversation: { ...old?.conversation, ...conversation }, me, seq: sentAt }),
  )
}

export { fetchConversation }
