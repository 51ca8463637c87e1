import { BellOff, TriangleAlert } from "lucide-react"
import { useRef, useState } from "react"
import type { OperatorNotices, OperatorNoticesChange } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { queryClient } from "@/shared/lib/query"
import { Field, Input } from "@/shared/ui/field"
import { Skeleton, Switch } from "@/shared/ui/misc"
import { toastFailure } from "@/shared/ui/toast"
import { noticesKey, saveWishes, useNoticeWishes } from "./notices"

const night = { quiet_from: "22:00", quiet_to: "08:00" }

/** What the operator is told in their own Telegram. */
export function NoticesCard() {
  const t = useT().link
  const locale = useLocale()
  const { data: wishes } = useNoticeWishes()
  const last = useRef(0)
  const sent = useRef<Promise<unknown>>(Promise.resolve())
  if (!wishes) return <Skeleton className="mt-8 h-40" />
  // Shown at once, sent one after another. Each request carries all wishes, so the answer to the last one is what holds.
  const save = (change: Partial<OperatorNoticesChange>) => {
    const now = queryClient.getQueryData<OperatorNotices>(noticesKey) ?? wishes
    const mine = ++last.current
    queryClient.setQueryData<OperatorNotices>(noticesKey, { ...now, ...change })
    sent.current = sent.current.then(() => saveWishes(now, change, locale)).then(
      (saved) => void (mine === last.current && queryClient.setQueryData(noticesKey, saved)),
      (failure: unknown) => {
        toastFailure(failure)
        void queryClient.invalidateQueries({ queryKey: noticesKey })
      },
    )
  }
  const why = wishes.reach === "ready" ? null : t.noticesWhy[wishes.reach]
  const quiet = wishes.quiet_from !== null && wishes.quiet_to !== null
  return (
    <section aria-labelledby="operator-notices-title" className="mt-8">
      <h3 id="operator-notices-title" className="text-base font-semibold">{t.noticesTitle}</h3>
      <p className="mt-1 mb-4 text-sm text-muted-foreground">{t.noticesBody}</p>
      {why && (
        <p role="status" data-testid="notices-why" className="mb-3 flex items-start gap-2.5 rounded-xl border bg-muted px-4 py-3 text-sm">
          {wishes.reach === "blocked" ? <TriangleAlert className="mt-0.5 size-4 shrink-0 text-destructive" /> : <BellOff className="mt-0.5 size-4 shrink-0 text-muted-foreground" />}
          <span>{why}</span>
        </p>
      )}
      <div className="flex flex-col gap-2 rounded-2xl border bg-surface p-5">
        <Switch label={t.waiting} hint={t.waitingHint} checked={wishes.waiting} onChange={(waiting) => save({ waiting })} />
        <Switch label={t.assigned} hint={t.assignedHint} checked={wishes.assigned} onChange={(assigned) => save({ assigned })} />
        <Switch label={t.answered} hint={t.answeredHint} checked={wishes.answered} onChange={(answered) => save({ answered })} />
        <Switch label={t.quiet} hint={t.quietHint} checked={quiet} onChange={(on) => save(on ? night : { quiet_from: null, quiet_to: null })} />
        {quiet && (
          <>
            <div className="grid max-w-xs grid-cols-2 gap-3">
              <Time label={t.quietFrom} value={wishes.quiet_from ?? ""} onSave={(quiet_from) => save({ quiet_from })} />
              <Time label={t.quietTo} value={wishes.quiet_to ?? ""} onSave={(quiet_to) => save({ quiet_to })} />
            </div>
            <p className="text-[13px] text-subtle">{t.zone(wishes.time_zone)}</p>
          </>
        )}
      </div>
    </section>
  )
}

/** Saved when the field is left, since a browser reports every digit. */
function Time({ label, value, onSave }: { label: string; value: string; onSave: (value: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null)
  const leave = () => {
    if (typed && typed !== value) onSave(typed)
    setTyped(null)
  }
  return (
    <Field label={label}>
      {(props) => <Input {...props} type="time" required value={typed ?? value} onChange={(event) => setTyped(event.target.value)} onBlur={leave} />}
    </Field>
  )
}
