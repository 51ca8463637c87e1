import { countText, useCounts } from "@/features/conversation"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { countStyle } from "@/shared/ui/misc"

/** The number of replies in the operator's own conversations; if there are none, that of waiting customers. */
export function InboxCount({ className }: { className: string }) {
  const t = useT().inbox
  const counts = useCounts()
  if (!counts) return null
  const { mine_unread: mine, waiting } = counts
  const n = mine || waiting
  if (n === 0) return null
  return (
    <span data-testid="inbox-count" data-of={mine ? "mine" : "waiting"} className={cn(countStyle, mine ? "bg-primary text-primary-foreground" : "bg-warning-soft text-warning", className)}>
      <span aria-hidden="true">{n > 99 ? "99+" : countText(n, counts)}</span>
      <span className="sr-only">{mine ? t.repliesToYou(n) : t.waitingCount(n)}</span>
    </span>
  )
}
