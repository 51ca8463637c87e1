import { ScrollText, Server } from "lucide-react"
import { useState } from "react"
import type { AuditEntry, Operator } from "@/contract"
import { useOperators } from "@/features/operator"
import { jobNames } from "@/features/outbox"
import { useLocale, useT } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { isolate } from "@/shared/lib/bidi"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { FormError } from "@/shared/ui/field"
import { EmptyState, Segmented, Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { actorName, detailOf, whatWasDone } from "./describe"
import { auditParts, useAudit, type AuditPart } from "./get-audit"

export function AuditPage() {
  const t = useT()
  const operators = useOperators()
  const [part, setPart] = useState<AuditPart>("all")
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useAudit(part)
  const entries = data?.pages.flatMap((page) => page.data) ?? []
  return (
    <section aria-labelledby="audit-title">
      <h2 id="audit-title" className="text-lg font-semibold">{t.audit.title}</h2>
      <p className="mt-1 mb-3 text-sm text-muted-foreground">{t.audit.body}</p>
      <Segmented label={t.audit.show} value={part} onChange={setPart} options={auditParts.map((value) => ({ value, label: t.audit.parts[value] }))} />
      <FormError>{error && explain(error)}</FormError>
      {isPending && <Skeleton className="mt-3 h-40 rounded-2xl" />}
      {data && entries.length === 0 && <div className="mt-3 rounded-2xl border bg-surface"><EmptyState icon={ScrollText} title={t.audit.empty} body={t.audit.emptyBody} /></div>}
      {entries.length > 0 && <ul className="mt-3 divide-y rounded-2xl border bg-surface">{entries.map((entry) => <Entry key={entry.id} entry={entry} operators={operators} />)}</ul>}
      {hasNextPage && <Button variant="outline" className="mt-4" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>{t.common.loadMore}</Button>}
    </section>
  )
}

function Entry({ entry, operators }: { entry: AuditEntry; operators: readonly Operator[] }) {
  const t = useT()
  const locale = useLocale()
  const name = actorName(entry, operators, t)
  const beside = [detailOf(entry, t, jobNames[locale]), entry.address].filter(Boolean).map(isolate).join(" · ")
  return (
    <li data-testid="audit-entry" data-id={entry.id} className="flex gap-3 px-4 py-3">
      {entry.actor === "operator" && entry.actor_id !== null
        ? <Avatar name={name} id={entry.actor_id} />
        : <span aria-hidden="true" className="grid size-10 shrink-0 place-items-center rounded-full bg-accent text-muted-foreground"><Server className="size-4.5" /></span>}
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <p className="min-w-0 truncate text-sm font-medium">{name}</p>
          <time dateTime={entry.created_at} className="text-[13px] text-subtle">{formatFull(locale, entry.created_at)}</time>
        </div>
        <p className="text-sm wrap-anywhere">{whatWasDone(entry, operators, t)}</p>
        {beside && <p className="text-[13px] text-subtle wrap-anywhere">{beside}</p>}
      </div>
    </li>
  )
}
