import type { Conversation, Customer } from "@/contract"
import { patch, post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { connection } from "@/shared/realtime/client"
import { eventLog } from "@/shared/realtime/log"
import { putConversation } from "./get-conversation"
import { listKey } from "./get-conversations"

const change = (id: number, verb: string, body?: unknown) => show(() => post<Conversation>(`/api/conversations/${id}/${verb}`, body))

async function show(ask: () => Promise<Conversation>): Promise<Conversation> {
  const sentAt = eventLog.stamp()
  const conversation = await ask()
  putConversation(conversation, sentAt)
  // Events move the rows of the lists; without a connection the lists must be requested again.
  if (connection.get() !== "online") void queryClient.invalidateQueries({ queryKey: [listKey] })
  return conversation
}

export const takeConversation = (id: number, force = false) => change(id, "take", force ? { force } : {})
export const closeConversation = (id: number) => change(id, "close")
export const reopenConversation = (id: number) => change(id, "reopen")
export const assignConversation = (id: number, operator_id: number | null) => change(id, "assign", { operator_id })
/** By the operator; the conversation changes by the event. */
export const blockCustomer = (id: number, blocked: boolean) => post<Customer>(`/api/customers/${id}/${blocked ? "block" : "unblock"}`, {})
export const markSpam = (id: number, spam: boolean) => change(id, "spam", { spam })
/** null: until the customer writes. */
export const snoozeConversation = (id: number, until: string | null) => change(id, "snooze", { until })
/** Restores the status from before the snooze, which may be another snooze. */
export const unsnoozeConversation = ({ id, status, snoozed_until }: Conversation) =>
  show(() => patch<Conversation>(`/api/conversations/${id}`, status === "snoozed" ? { status, snoozed_until } : { status }))
