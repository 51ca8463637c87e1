import { feature } from "@/shared/lib/feature"
import { queryClient } from "@/shared/lib/query"
import { editsKey } from "./get-edits"
import { threadsKey } from "./get-messages"
import { reduceThread } from "./reduce"

export const message = feature({
  name: "message",
  keeps: [{ key: [threadsKey], reduce: reduceThread }],
  on: {
    message_update: ({ data: { message } }) => {
      if (message.edited_at) void queryClient.invalidateQueries({ queryKey: [editsKey, message.id] })
    },
  },
})
