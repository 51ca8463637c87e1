import { Copy, TriangleAlert } from "lucide-react"
import type { FormEvent } from "react"
import { limits, type AppChannel, type Settings } from "@/contract"
import { EditedField, useEdited, useSettings } from "@/features/setting"
import { useT } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { Button } from "@/shared/ui/button"
import { askConfirm } from "@/shared/ui/confirm"
import { Field, FormError, Input, Textarea } from "@/shared/ui/field"
import { Skeleton } from "@/shared/ui/misc"
import { explain, toast, toastFailure } from "@/shared/ui/toast"
import { useApps, useNewAppKey } from "./get-apps"
import { WidgetCard } from "./widget-card"

/** The settings for apps: who may call, with which key, whether push messages are sent, and the greeting of the day. */
export function AppsSettings() {
  const t = useT().apps
  const apps = useApps()
  const settings = useSettings()
  return (
    <section aria-labelledby="apps-title" className="flex flex-col gap-5">
      <div>
        <h2 id="apps-title" className="text-lg font-semibold">{t.title}</h2>
        <p className="mt-1 text-sm text-muted-foreground">{t.body}</p>
      </div>
      <FormError>{apps.error && explain(apps.error)}</FormError>
      {apps.data && <WidgetCard apps={apps.data} />}
      {apps.data ? <Access apps={apps.data} /> : !apps.error && <Skeleton className="h-48 rounded-2xl" />}
      {settings.data && <DailyGreeting saved={settings.data} />}
    </section>
  )
}

function Access({ apps }: { apps: AppChannel }) {
  const t = useT().apps
  const change = useNewAppKey()
  const renew = async () => {
    if (!(await askConfirm({ title: t.newKeyTitle, body: t.newKeyBody, action: t.newKey, destructive: true }))) return
    change.mutate(undefined, { onSuccess: () => toast.done(t.newKeyDone), onError: toastFailure })
  }
  return (
    <div className="flex flex-col gap-4 rounded-2xl border bg-surface p-5">
      {apps.auth === "open" && (
        <p role="alert" className="flex gap-2 rounded-lg bg-destructive-soft px-3 py-2.5 text-[13px] text-destructive">
          <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />{t.openWarning}
        </p>
      )}
      <p className="text-sm">{t.auth[apps.auth]}</p>
      {apps.auth === "key" && <p className="rounded-lg bg-warning-soft px-3 py-2.5 text-[13px] text-warning">{t.keyWarning}</p>}
      {apps.auth === "key" && <Secret label={t.key} hint={t.keyHint} value={apps.app_key} />}
      {apps.auth === "key" && apps.own_key && <Button variant="outline" className="self-start" busy={change.isPending} onClick={() => void renew()}>{t.newKey}</Button>}
      {apps.auth !== "open" && <Secret label={t.secret} hint={t.secretHint} value={apps.signing_secret} />}
      <p className="border-t pt-4 text-[13px] text-muted-foreground">
        {apps.push ? t.pushOn : t.pushOff}
        {apps.push_error && <span className="mt-1 block font-mono text-xs">{apps.push_error}</span>}
      </p>
    </div>
  )
}

function Secret({ label, hint, value }: { label: string; hint: string; value: string }) {
  const t = useT().common
  return (
    <Field label={label} hint={hint}>
      {(props) => (
        <div className="flex gap-2">
          <Input {...props} readOnly spellCheck={false} className="font-mono text-[13px]" value={value} onFocus={(event) => event.target.select()} />
          <Button variant="outline" size="icon" aria-label={t.copy} onClick={() => void copyText(value)}><Copy /></Button>
        </div>
      )}
    </Field>
  )
}

function DailyGreeting({ saved }: { saved: Settings }) {
  const t = useT()
  const form = useEdited(saved)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.save(() => toast.done(t.common.saved))
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-5 rounded-2xl border bg-surface p-5">
      <EditedField form={form} field="daily_greeting" label={t.apps.dailyEn} hint={t.apps.dailyHint}>
        {(props) => <Textarea {...props} maxLength={limits.greeting_max} />}
      </EditedField>
      <EditedField form={form} field="daily_greeting_ru" label={t.apps.dailyRu}>
        {(props) => <Textarea {...props} lang="ru" maxLength={limits.greeting_max} />}
      </EditedField>
      <EditedField form={form} field="time_zone" label={t.apps.zone} hint={t.apps.zoneHint}>
        {(props) => <Input {...props} spellCheck={false} />}
      </EditedField>
      <FormError>{form.error && explain(form.error)}</FormError>
      <Button type="submit" className="self-start" disabled={!form.ready} busy={form.busy}>{t.common.save}</Button>
    </form>
  )
}
