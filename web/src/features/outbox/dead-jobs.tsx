import { RotateCw, Trash2 } from "lucide-react"
import type { DeadJob } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatMoment } from "@/shared/i18n/dates"
import { queryClient } from "@/shared/lib/query"
import { reasonText } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import { Moment } from "@/shared/ui/moment"
import { toast, toastFailure } from "@/shared/ui/toast"
import { jobNames } from "./job-names"
import { deadJobsKey, removeDeadJob, retryDeadJob, useDeadJobs } from "./get-dead-jobs"

/** Jobs of the program that were given up after all their tries. */
export function DeadJobs() {
  const t = useT().failed
  const { data: jobs = [] } = useDeadJobs()
  if (jobs.length === 0) return null
  return (
    <section aria-labelledby="dead-jobs-title">
      <h3 id="dead-jobs-title" className="font-semibold">{t.jobs}</h3>
      <p className="mt-1 mb-4 text-sm text-muted-foreground">{t.jobsBody}</p>
      <ul className="flex flex-col gap-3">{jobs.map((job) => <Job key={job.id} job={job} />)}</ul>
    </section>
  )
}

function Job({ job }: { job: DeadJob }) {
  const t = useT()
  const locale = useLocale()
  const settle = (work: Promise<unknown>, done: string) =>
    void work.then(() => toast.done(done), toastFailure).then(() => queryClient.invalidateQueries({ queryKey: deadJobsKey }))
  return (
    <li data-testid="dead-job" data-id={job.id} className="rounded-xl border bg-surface p-4">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 text-[13px]">
        <span className="font-medium">{jobNames[locale][job.kind] ?? job.kind}</span>
        <span className="text-subtle"><Moment at={job.failed_at}>{formatMoment(locale, job.failed_at)}</Moment> · {t.failed.attempts(job.attempts)}</span>
      </div>
      <p className="mt-2 text-[13px] text-destructive wrap-anywhere">{reasonText(job.error, t)}</p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button variant="soft" size="sm" onClick={() => settle(retryDeadJob(job.id), t.failed.jobRetried)}><RotateCw />{t.common.retry}</Button>
        <Button variant="ghost" size="sm" onClick={() => settle(removeDeadJob(job.id), t.failed.removed)}><Trash2 />{t.common.remove}</Button>
      </div>
    </li>
  )
}
