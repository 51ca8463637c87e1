import { useState, type FormEvent } from "react"
import { limits, type Settings } from "@/contract"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Field, FormError, Textarea } from "@/shared/ui/field"
import { Skeleton } from "@/shared/ui/misc"
import { explain, toast } from "@/shared/ui/toast"
import { useChangeSettings } from "./change-settings"
import { useSettings } from "./get-settings"

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
  /** What was typed; a field that nobody has touched follows what is saved, also by a colleague. */
  const [typed, setTyped] = useState<{ greeting?: string; greeting_ru?: string }>({})
  const { greeting, greeting_ru: russian } = { ...saved, ...typed }
  const change = useChangeSettings()
  const dirty = greeting !== saved.greeting || russian !== saved.greeting_ru
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const sent: Record<string, string> = { greeting, greeting_ru: russian }
    change.mutate(sent, {
      onSuccess: () => {
        // What was typed meanwhile stays, and is not saved yet.
        setTyped((now) => Object.fromEntries(Object.entries(now).filter(([field, text]) => text !== sent[field])))
        toast.done(t.common.saved)
      },
    })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-5 rounded-2xl border bg-surface p-5">
      <Field label={t.settings.greetingEn}>
        {(props) => <Textarea {...props} maxLength={limits.greeting_max} value={greeting} onChange={(event) => setTyped({ ...typed, greeting: event.target.value })} />}
      </Field>
      <Field label={t.settings.greetingRu}>
        {(props) => <Textarea {...props} lang="ru" maxLength={limits.greeting_max} value={russian} onChange={(event) => setTyped({ ...typed, greeting_ru: event.target.value })} />}
      </Field>
      <figure className="rounded-xl bg-chat p-4">
        <figcaption className="mb-2 text-xs font-medium text-muted-foreground">{t.settings.preview}</figcaption>
        {greeting || russian ? (
          <div className="flex flex-col items-start gap-2">
            {[greeting, russian].filter(Boolean).map((text, index) => (
              <p key={index} className="max-w-[90%] rounded-2xl rounded-bl-md bg-bubble-in px-3 py-2 text-sm whitespace-pre-wrap wrap-anywhere shadow-sm">{text}</p>
            ))}
          </div>
        ) : (
          <p className="text-[13px] text-muted-foreground">{t.settings.greetingEmpty}</p>
        )}
      </figure>
      <FormError>{change.error && explain(change.error)}</FormError>
      <Button type="submit" className="self-start" disabled={!dirty} busy={change.isPending}>{t.common.save}</Button>
    </form>
  )
}
