import type { FormEvent } from "react"
import { limits, type Settings } from "@/contract"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { FormError, Textarea } from "@/shared/ui/field"
import { Skeleton } from "@/shared/ui/misc"
import { explain, toast } from "@/shared/ui/toast"
import { EditedField } from "./edited-field"
import { useSettings } from "./get-settings"
import { useEdited } from "./use-edited"

export function GreetingSettings() {
  const t = useT().settings
  const { data, error } = useSettings()
  return (
    <section aria-labelledby="greeting-title">
      <h2 id="greeting-title" className="text-lg font-semibold">{t.greetingTitle}</h2>
      <p className="mt-1 mb-5 text-sm text-muted-foreground">{t.greetingBody}</p>
      <FormError>{error && explain(error)}</FormError>
      {data ? <GreetingForm saved={data} /> : !error && <Skeleton className="h-64 rounded-2xl" />}
    </section>
  )
}

function GreetingForm({ saved }: { saved: Settings }) {
  const t = useT()
  const form = useEdited(saved)
  const shown = [form.valueOf("greeting"), form.valueOf("greeting_ru")].filter(Boolean)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.save(() => toast.done(t.common.saved))
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-5 rounded-2xl border bg-surface p-5">
      <EditedField form={form} field="greeting" label={t.settings.greetingEn}>
        {(props) => <Textarea {...props} maxLength={limits.greeting_max} />}
      </EditedField>
      <EditedField form={form} field="greeting_ru" label={t.settings.greetingRu}>
        {(props) => <Textarea {...props} lang="ru" maxLength={limits.greeting_max} />}
      </EditedField>
      <figure className="rounded-xl bg-chat p-4">
        <figcaption className="mb-2 text-xs font-medium text-muted-foreground">{t.settings.preview}</figcaption>
        {shown.length > 0 ? (
          <div className="flex flex-col items-start gap-2">
            {shown.map((text, index) => (
              <p key={index} className="max-w-[90%] rounded-2xl rounded-bl-md bg-bubble-in px-3 py-2 text-sm whitespace-pre-wrap wrap-anywhere shadow-sm">{text}</p>
            ))}
          </div>
        ) : (
          <p className="text-[13px] text-muted-foreground">{t.settings.greetingEmpty}</p>
        )}
      </figure>
      <FormError>{form.error && explain(form.error)}</FormError>
      <Button type="submit" className="self-start" disabled={!form.ready} busy={form.busy}>{t.common.save}</Button>
    </form>
  )
}
