import { feature } from "@/shared/lib/feature"
import { refetchSoon } from "@/shared/lib/query"
import type { EventOf } from "@/shared/realtime/events"
import { assignActions, conversationActions } from "./actions"
import { askUnknownReads } from "./ask-reads"
import { conversationsKey, followReach } from "./get-conversation"
import { listKey } from "./get-conversations"
import { countsKey } from "./get-counts"
import { clearPresence, notePresence, noteTyping } from "./presence"
import { reduceConversation, reduceList } from "./reduce"

const countSoon = refetchSoon(countsKey)

function changed(event: EventOf<"new_message" | "chat_status_change" | "chat_update">): void {
  followReach(event)
  countSoon()
}

export const conversation = feature({
  name: "conversation",
  keeps: [
    { key: [listKey], reduce: reduceList },
    { key: [conversationsKey], reduce: reduceConversation },
  ],
  on: {
    new_message: changed,
    chat_status_change: changed,
    chat_update: changed,
    conversation_read: ({ data }, me) => {
      if (data.operator_id === me) countSoon()
    },
    typing: noteTyping,
    presence: notePresence,
  },
  after: (_, me) => askUnknownReads(me),
  unplaced: [countsKey, [conversationsKey]],
  forget: clearPresence,
  actions: { conversation: conversationActions },
  choices: { conversation: assignActions },
})
