import { TriangleAlert } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { refetchSoon } from "@/shared/lib/query"
import { FailedCount } from "./count"
import { deadJobsKey } from "./get-dead-jobs"
import { concernsDeadLetters, deadLettersKey } from "./get-dead-letters"

const lettersSoon = refetchSoon(deadLettersKey)
const jobsSoon = refetchSoon(deadJobsKey)
const address = "/settings/failed"

export const outbox = feature({
  name: "outbox",
  on: {
    message_update: ({ data }) => {
      if (concernsDeadLetters(data.message)) lettersSoon()
    },
    dead_job_change: ({ data }) => (data.kind === "outbox.answer" || data.kind === "outbox.copy" ? lettersSoon() : jobsSoon()),
  },
  places: [{
    id: "failed", icon: TriangleAlert, name: (t) => t.failed.title,
    useHref: () => address, here: (path) => path === address, Count: FailedCount,
  }],
  settings: [{
    section: "failed", icon: TriangleAlert, name: (t) => t.failed.title, holds: ({ failed: t }) => [t.messages, t.jobs, ...t.alsoFoundBy],
  }],
})
