import { Check, X } from "lucide-react"
import { useId, useState, type FormEvent } from "react"
import type { StaffGroup, StaffGroupMode } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { Field, FormError, Input } from "@/shared/ui/field"
import { explain, toast } from "@/shared/ui/toast"
import { useSetGroup } from "./set-group"

const modes: readonly StaffGroupMode[] = ["plain", "topics"]

/** Whether the group is one stream, or has a topic for each conversation; what topics need; what keeps a message inside. */
export function GroupMode({ group }: { group: StaffGroup & { chat_id: string } }) {
  const t = useT().group
  const set = useSetGroup()
  const titleId = useId()
  const choose = (mode: StaffGroupMode) => set.mutate({ chat_id: group.chat_id, mode }, { onSuccess: () => toast.done(t.modeSaved[mode]) })
  return (
    <section aria-labelledby={titleId} className="mt-5 border-t pt-5" data-testid="group-mode" data-mode={group.mode}>
      <h3 id={titleId} className="mb-3 text-[13px] font-medium">{t.mode}</h3>
      <div role="radiogroup" aria-labelledby={titleId} className="flex flex-col gap-2">
        {modes.map((mode) => (
          <label key={mode} className="flex cursor-pointer gap-3 rounded-lg border px-3 py-2.5 has-checked:border-ring has-checked:bg-primary-soft has-focus-visible:outline-2 has-focus-visible:outline-ring">
            <input type="radio" name="group-mode" value={mode} className="mt-0.5 size-4 shrink-0 accent-primary" checked={group.mode === mode} disabled={set.isPending} onChange={() => choose(mode)} />
            <span className="min-w-0">
              <span className="block text-sm font-medium">{t.modes[mode]}</span>
              <span className="mt-0.5 block text-[13px] text-muted-foreground">{t.modeHints[mode]}</span>
              {mode === "topics" && <Needs group={group} />}
            </span>
          </label>
        ))}
      </div>
      <div className="mt-3 flex flex-wrap items-center gap-3 empty:hidden">
        <FormError>{set.error && explain(set.error)}</FormError>
        <Button variant="ghost" size="sm" busy={set.isPending} onClick={() => set.mutate({ chat_id: group.chat_id, mode: group.mode })}>{t.checkAgain}</Button>
      </div>
      {group.mode === "topics" && <Prefix key={group.note_prefix} group={group} />}
    </section>
  )
}

/** Each need with a tick, as Telegram said last. */
function Needs({ group }: { group: StaffGroup }) {
  const t = useT().group
  if (group.needs.length === 0) return <span className="mt-2 block text-[13px] text-subtle">{t.needsUnknown}</span>
  return (
    <span role="list" aria-label={t.needsTitle} className="mt-2 flex flex-col gap-1">
      {group.needs.map(({ need, met }) => {
        const Icon = met ? Check : X
        return (
          <span role="listitem" key={need} className="flex items-start gap-2 text-[13px]" data-met={met}>
            <Icon className={cn("mt-0.5 size-4 shrink-0", met ? "text-success" : "text-destructive")} aria-label={met ? t.needMet : t.needUnmet} role="img" />
            <span>{t.needs[need]}</span>
          </span>
        )
      })}
    </span>
  )
}

const PREFIX_MAX = 8

function Prefix({ group }: { group: StaffGroup & { chat_id: string } }) {
  const t = useT().group
  const { common } = useT()
  const set = useSetGroup()
  const [prefix, setPrefix] = useState(group.note_prefix)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    set.mutate({ chat_id: group.chat_id, mode: group.mode, note_prefix: prefix.trim() }, { onSuccess: () => toast.done(t.prefixSaved) })
  }
  return (
    <form onSubmit={submit} className="mt-5 flex flex-col items-start gap-3">
      <Field label={t.prefix} hint={t.prefixHint(prefix.trim())} error={set.error && explain(set.error)}>
        {(props) => <Input {...props} name="note_prefix" maxLength={PREFIX_MAX} autoComplete="off" spellCheck={false} className="max-w-32 font-mono" value={prefix} onChange={(event) => setPrefix(event.target.value)} />}
      </Field>
      {prefix.trim() !== group.note_prefix && <Button type="submit" variant="outline" size="sm" busy={set.isPending}>{common.save}</Button>}
      <p className="text-[13px] text-subtle">{t.commands}</p>
    </form>
  )
}
