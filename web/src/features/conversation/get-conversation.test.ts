import { expect, it } from "vitest"
import type { Conversation } from "@/contract"
import { queryClient } from "@/shared/lib/query"
import { eventLog } from "@/shared/realtime/log"
import { Desk, random } from "@/testing/desk"
import { conversationKey, putConversation } from "./get-conversation"
import type { ConversationState } from "./reduce"

it("an answer does not undo the event that overtook it", () => {
  const desk = new Desk(1, random(1), 1)
  const older = structuredClone(desk.conversations.get(1)!)
  queryClient.setQueryData(["me"], { operator: { id: 1 }, own_permissions: [] })
  eventLog.start(10)
  const sentAt = eventLog.stamp()
  const newer: Conversation = { ...older, inbound_count: older.inbound_count + 1, status: "closed" }
  eventLog.append([{ type: "chat_update", seq: 11, data: { conversation: newer } }])
  putConversation(older, sentAt)
  const shown = queryClient.getQueryData<ConversationState>(conversationKey(1))?.conversation
  expect(shown).toMatchObject({ status: "closed", inbound_count: newer.inbound_count })
})

it("a conversation that the operator has given away is kept only by who reaches all conversations", () => {
  const given: Conversation = { ...structuredClone(new Desk(1, random(1), 1).conversations.get(1)!), assignee_id: 99 }
  for (const own_permissions of [[], ["conversation.read"]]) {
    queryClient.setQueryData(["me"], { operator: { id: 1 }, own_permissions })
    putConversation(given, eventLog.stamp())
    expect(queryClient.getQueryData(conversationKey(1)) !== undefined).toBe(own_permissions.length === 0)
  }
})
