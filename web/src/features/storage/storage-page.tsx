import { useState, type FormEvent } from "react"
import type { FileFamily, Storage } from "@/contract"
import { getT, useLocale, useT } from "@/shared/i18n"
import { formatBytes } from "@/shared/i18n/units"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { askConfirm } from "@/shared/ui/confirm"
import { Field, FormError, Input } from "@/shared/ui/field"
import { Dot, Skeleton } from "@/shared/ui/misc"
import { explain, toast } from "@/shared/ui/toast"
import { useChangeStorage, useStorage } from "./get-storage"

const mb = 1_000_000
const colors: Record<FileFamily, string> = { pictures: "bg-primary", videos: "bg-success-dot", sounds: "bg-warning-dot", others: "bg-subtle", thumbnails: "bg-muted-foreground/40" }

export function StoragePage() {
  const t = useT().storage
  const { data, error } = useStorage()
  return (
    <section aria-labelledby="storage-title">
      <h2 id="storage-title" className="text-lg font-semibold">{t.title}</h2>
      <p className="mt-1 mb-5 text-sm text-muted-foreground">{t.body}</p>
      <FormError>{error && explain(error)}</FormError>
      {!data && !error && <Skeleton className="h-64 rounded-2xl" />}
      {data && <Used storage={data} />}
      {data && <Place storage={data} />}
      {data && <Limits key={`${data.quota_mb} ${data.kept_days}`} storage={data} />}
    </section>
  )
}

/** What the whole bar stands for: the quota, or the disk. Of a bucket without a quota nobody knows it. */
const wholeOf = ({ used_bytes, quota_mb, free_bytes, state }: Storage) =>
  quota_mb > 0 ? Math.max(quota_mb * mb, used_bytes) : state === "local" ? used_bytes + free_bytes : 0

function Used({ storage }: { storage: Storage }) {
  const { used_bytes, files, families, quota_mb, free_bytes } = storage
  const t = useT().storage
  const locale = useLocale()
  const size = (bytes: number) => formatBytes(locale, bytes)
  const whole = wholeOf(storage)
  const full = quota_mb > 0 && used_bytes >= quota_mb * mb * 0.9
  return (
    <div data-testid="storage-used" className="rounded-2xl border bg-surface p-5">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="text-2xl font-semibold tracking-tight tabular-nums">{size(used_bytes)}</span>
        <span className="text-sm text-muted-foreground">{quota_mb > 0 ? t.ofQuota(size(quota_mb * mb)) : t.noQuota}</span>
      </p>
      {whole > 0 && (
        <div aria-hidden="true" data-testid="storage-bar" className="mt-3 flex h-2.5 gap-px overflow-hidden rounded-full bg-accent">
          {families.map(({ family, bytes }) => bytes > 0 && <span key={family} className={cn("shrink-0", colors[family])} style={{ width: `${(bytes / whole) * 100}%` }} />)}
        </div>
      )}
      <ul className="mt-4 grid gap-x-8 gap-y-2 sm:grid-cols-2">
        {families.map(({ family, files: count, bytes }) => (
          <li key={family} className="flex items-center gap-2 text-sm">
            <span aria-hidden="true" className={cn("size-2.5 shrink-0 rounded-full", colors[family])} />
            <span>{t.families[family]}</span>
            <span className="ml-auto text-muted-foreground tabular-nums">{t.files(count)} · {size(bytes)}</span>
          </li>
        ))}
      </ul>
      <p className="mt-4 text-[13px] text-subtle">{t.total(files)} {t.free(size(free_bytes))}</p>
      {full && <p role="alert" className="mt-3 rounded-lg bg-warning-soft px-3 py-2.5 text-[13px] text-warning">{used_bytes >= quota_mb * mb ? t.full : t.nearlyFull}</p>}
    </div>
  )
}

/** Where files are kept, and the state of the object store in words. */
function Place({ storage }: { storage: Storage }) {
  const t = useT().storage
  const locale = useLocale()
  const { state, why, waiting_files, waiting_bytes, local_files, local_bytes, moved_files, moved_bytes } = storage
  const size = (bytes: number) => formatBytes(locale, bytes)
  const tone = state === "away" ? "danger" : state === "held" ? "warning" : "success"
  return (
    <>
      <h3 className="mt-8 mb-4 text-base font-semibold">{t.place}</h3>
      <div data-testid="storage-place" className="flex flex-col gap-2 rounded-2xl border bg-surface p-5 text-sm">
        <p className="flex items-baseline gap-2 font-medium"><Dot tone={tone} />{t.states[state]}</p>
        {why && <p lang="en" className="text-[13px] text-muted-foreground wrap-anywhere">{why}</p>}
        {state === "away" && <p className="text-[13px] text-muted-foreground">{t.awayMeans}</p>}
        {state !== "local" && <p className="text-[13px] text-muted-foreground tabular-nums">{waiting_files > 0 ? t.waiting(waiting_files, size(waiting_bytes)) : state === "ok" ? t.nothingWaits : t.here(local_files, size(local_bytes))}</p>}
        {moved_files > 0 && <p className="text-[13px] text-muted-foreground tabular-nums">{t.moved(moved_files, size(moved_bytes))}</p>}
      </div>
    </>
  )
}

const digits = (text: string) => text.replace(/\D/g, "").slice(0, 8)
const shown = (value: number) => (value > 0 ? String(value) : "")

function Limits({ storage: { quota_mb, kept_days, used_bytes } }: { storage: Storage }) {
  const t = useT()
  const [quota, setQuota] = useState(shown(quota_mb))
  const [kept, setKept] = useState(shown(kept_days))
  const change = useChangeStorage()
  const [newQuota, newKept] = [Number(quota), Number(kept)]
  const unchanged = newQuota === quota_mb && newKept === kept_days
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const { storage: words, common } = getT()
    const sooner = newKept > 0 && (kept_days === 0 || newKept < kept_days)
    if (sooner && !(await askConfirm({ title: words.removeTitle(newKept), body: words.removeBody, action: words.removeAction, destructive: true }))) return
    change.mutate({ quota_mb: newQuota, kept_days: newKept }, { onSuccess: () => toast.done(common.saved) })
  }
  return (
    <>
      <h3 className="mt-8 text-base font-semibold">{t.storage.limits}</h3>
      <p className="mt-1 mb-4 text-sm text-muted-foreground">{t.storage.limitsBody}</p>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-5 rounded-2xl border bg-surface p-5">
        <Field label={t.storage.quota} hint={newQuota > 0 && newQuota * mb < used_bytes ? t.storage.quotaBelow : t.storage.quotaHint}>
          {(props) => <Input {...props} inputMode="numeric" className="max-w-40" placeholder={t.storage.unlimited} value={quota} onChange={({ target }) => setQuota(digits(target.value))} />}
        </Field>
        <Field label={t.storage.kept} hint={t.storage.keptHint}>
          {(props) => <Input {...props} inputMode="numeric" className="max-w-40" placeholder={t.storage.forever} value={kept} onChange={({ target }) => setKept(digits(target.value).slice(0, 5))} />}
        </Field>
        <FormError>{change.error && explain(change.error)}</FormError>
        <Button type="submit" className="self-start" disabled={unchanged} busy={change.isPending}>{t.common.save}</Button>
      </form>
    </>
  )
}
