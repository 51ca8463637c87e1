import { ScrollText } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { refetchSoon } from "@/shared/lib/query"
import { auditKey } from "./get-audit"

const soon = refetchSoon(auditKey)

export const audit = feature({
  name: "audit",
  /** Every audited action causes one of these events, except resending a message and the deletion of old files. */
  on: { operator_status_change: soon, setting_change: soon, bot_status_change: soon, dead_job_change: soon },
  settings: [{
    section: "audit", icon: ScrollText, permission: "audit.read", name: (t) => t.audit.title, holds: ({ audit: t }) => [t.parts.sign_ins, t.parts.changes, ...t.alsoFoundBy],
  }],
})
