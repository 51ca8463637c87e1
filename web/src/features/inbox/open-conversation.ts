import { getMe } from "@/features/access"
import { conversationKey, type ConversationContext, type ConversationState } from "@/features/conversation"
import { operatorsKey, type OperatorsState } from "@/features/operator"
import { queryClient } from "@/shared/lib/query"
import { currentPath } from "@/shared/lib/router"
import { inboxAt } from "./address"

/** The open conversation with all data for its actions; null if none is open. */
export function openConversation(): ConversationContext | null {
  const id = inboxAt(currentPath())?.conversation ?? null
  if (id === null) return null
  const state = queryClient.getQueryData<ConversationState>(conversationKey(id))
  const me = getMe()
  if (!state || !me) return null
  return { conversation: state.conversation, me: me.operator, permissions: me, operators: queryClient.getQueryData<OperatorsState>(operatorsKey)?.operators ?? [] }
}
