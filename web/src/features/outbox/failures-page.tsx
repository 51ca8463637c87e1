import { CircleCheck } from "lucide-react"
import { useT } from "@/shared/i18n"
import { FormError } from "@/shared/ui/field"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { DeadJobs } from "./dead-jobs"
import { DeadLetters } from "./dead-letters"
import { useDeadJobs } from "./get-dead-jobs"
import { useDeadLetters } from "./get-dead-letters"

/** Everything that was given up after all its tries; the page counts as empty only if both lists are empty. */
export function FailuresPage() {
  const t = useT().failed
  const letters = useDeadLetters()
  const jobs = useDeadJobs()
  const error = letters.error ?? jobs.error
  const pending = letters.isPending || jobs.isLoading
  const empty = !error && !pending && letters.data?.pages.every(({ data }) => data.length === 0) && !jobs.data?.length
  return (
    <section aria-labelledby="failed-title">
      <h2 id="failed-title" className="text-lg font-semibold">{t.title}</h2>
      <p className="mt-1 mb-5 text-sm text-muted-foreground">{t.body}</p>
      <FormError>{error && explain(error)}</FormError>
      {pending && <Skeleton className="h-28 rounded-xl" />}
      {empty && <div className="rounded-2xl border bg-surface"><EmptyState icon={CircleCheck} tone="success" title={t.empty} body={t.emptyBody} /></div>}
      <div className="flex flex-col gap-10">
        <DeadLetters />
        <DeadJobs />
      </div>
    </section>
  )
}
