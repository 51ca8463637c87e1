import { isOutOfReach } from "@/features/conversation"
import { feature } from "@/shared/lib/feature"
import { dropQueries, queryClient } from "@/shared/lib/query"
import type { EventOf } from "@/shared/realtime/events"
import { editsKey } from "./get-edits"
import { threadKey, threadsKey } from "./get-messages"
import { reduceThread } from "./reduce"

/** No events of a conversation arrive while it is out of reach, so its messages would have a gap when it comes back. */
function forgetOutOfReach({ data: { conversation } }: EventOf<"new_message" | "chat_status_change" | "chat_update">): void {
  if (isOutOfReach(conversation)) dropQueries(threadKey(conversation.id))
}

export const message = feature({
  name: "message",
  keeps: [{ key: [threadsKey], reduce: reduceThread }],
  on: {
    new_message: forgetOutOfReach,
    chat_status_change: forgetOutOfReach,
    chat_update: forgetOutOfReach,
    message_update: ({ data: { message } }) => {
      if (message.edited_at) void queryClient.invalidateQueries({ queryKey: [editsKey, message.id] })
    },
  },
})
