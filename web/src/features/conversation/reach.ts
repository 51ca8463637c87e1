import type { Conversation } from "@/contract"
import { getMe } from "@/features/access"

/** Whether the operator's role reaches only the conversations that are assigned to the operator. */
export function readsOwnOnly(): boolean {
  return getMe()?.own_permissions.includes("conversation.read") ?? false
}

/**
 * Whether the operator can no longer read the conversation. The former assignee receives the event of the change, and none after
 * it; the server answers requests with not_found.
 */
export function isOutOfReach({ assignee_id }: Conversation): boolean {
  return readsOwnOnly() && assignee_id !== getMe()?.operator.id
}
