import { post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { getMe } from "@/features/access"
import { conversationKey } from "./get-conversation"
import { listKey } from "./get-conversations"
import type { ConversationState, ListState } from "./reduce"

interface ReadAnswer {
  conversation_id: number
  read_count: number
}

export async function markRead(id: number, message_id: number): Promise<void> {
  const { read_count } = await post<ReadAnswer>(`/api/conversations/${id}/read`, { message_id })
  if (!getMe()) return
  // The event updates the operator's other tabs; in this one the badge disappears at once.
  queryClient.setQueryData<ConversationState>(conversationKey(id), (old) =>
    old && { ...old, conversation: { ...old.conversation, read_count } },
  )
  queryClient.setQueriesData<ListState>({ queryKey: [listKey] }, (old) => {
    const at = old?.rows.findIndex((row) => row.conversation.id === id) ?? -1
    const row = old?.rows[at]
    if (!old || !row || (row.conversation.read_count ?? -1) >= read_count) return old
    return { ...old, rows: old.rows.with(at, { ...row, conversation: { ...row.conversation, read_count } }) }
  })
}
