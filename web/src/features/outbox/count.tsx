import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { countStyle } from "@/shared/ui/misc"
import { useDeadJobs } from "./get-dead-jobs"
import { useDeadLetters } from "./get-dead-letters"

/** The number of rows of both lists, as far as they are loaded: "50+" if more follow. */
export function FailedCount({ className }: { className: string }) {
  const t = useT().failed
  const { data, hasNextPage } = useDeadLetters()
  const jobs = useDeadJobs().data?.length ?? 0
  const n = (data?.pages.reduce((sum, page) => sum + page.data.length, 0) ?? 0) + jobs
  if (n === 0) return null
  return (
    <span data-testid="failed-count" className={cn(countStyle, "bg-destructive text-surface", className)}>
      <span aria-hidden="true">{n > 99 ? "99+" : `${n}${hasNextPage ? "+" : ""}`}</span>
      <span className="sr-only">{t.count(n)}</span>
    </span>
  )
}
