import { queryClient } from "@/shared/lib/query"
import { conversationKey, fetchConversation } from "./get-conversation"
import { listKey } from "./get-conversations"
import { isOutOfReach } from "./reach"
import { fillRead, type ListState } from "./reduce"

const asking = new Set<number>()
const askAtOnce = 6

/**
 * Events carry no read count of this operator, so a conversation that was never loaded here has none. Fetch those in the
 * visible part of the lists, `askAtOnce` at a time, so that many returning customers do not cause as many requests.
 */
export function askUnknownReads(me: number): void {
  for (const [, list] of queryClient.getQueriesData<ListState>({ queryKey: [listKey] })) {
    for (const { conversation } of list?.rows.slice(0, 40) ?? []) {
      if (conversation.read_count !== undefined || asking.has(conversation.id) || asking.size >= askAtOnce) continue
      asking.add(conversation.id)
      void fetchConversation(conversation.id, me)
        .then((state) => {
          if (isOutOfReach(state.conversation)) return
          queryClient.setQueryData(conversationKey(conversation.id), state)
          queryClient.setQueriesData<ListState>({ queryKey: [listKey] }, (old) => old && fillRead(old, state.conversation))
        })
        .catch(() => {})
        .finally(() => setTimeout(() => asking.delete(conversation.id), 1000))
    }
  }
}
