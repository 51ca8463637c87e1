import { TriangleAlert } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { refetchSoon } from "@/shared/lib/query"
import { FailedCount } from "./count"
import { concernsDeadLetters, deadLettersKey } from "./get-dead-letters"

const lettersSoon = refetchSoon(deadLettersKey)
const address = "/settings/failed"

export const outbox = feature({
  name: "outbox",
  on: {
    message_update: ({ data }) => {
      if (concernsDeadLetters(data.message)) lettersSoon()
    },
  },
  places: [{
    id: "failed", icon: TriangleAlert, name: (t) => t.failed.title, short: (t) => t.failed.short,
    useHref: () => address, here: (path) => path === address, Count: FailedCount,
  }],
  settings: [{
    section: "failed", icon: TriangleAlert, name: (t) => t.failed.title, holds: (t) => [t.failed.title],
  }],
})
