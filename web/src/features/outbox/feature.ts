import { feature } from "@/shared/lib/feature"
import { refetchSoon } from "@/shared/lib/query"
import { concernsDeadLetters, deadLettersKey } from "./get-dead-letters"

const lettersSoon = refetchSoon(deadLettersKey)

export const outbox = feature({
  name: "outbox",
  on: {
    message_update: ({ data }) => {
      if (concernsDeadLetters(data.message)) lettersSoon()
    },
  },
})
