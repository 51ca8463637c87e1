import { Users } from "lucide-react"
import { useId, useState, type FormEvent } from "react"
import type { StaffGroup, StaffGroupState } from "@/contract"
import { useT } from "@/shared/i18n"
import { reasonText } from "@/shared/lib/words"
import { askConfirm } from "@/shared/ui/confirm"
import { Button } from "@/shared/ui/button"
import { Field, FormError, Input } from "@/shared/ui/field"
import { Badge, Dot, Skeleton } from "@/shared/ui/misc"
import { explain, toast } from "@/shared/ui/toast"
import { useBot } from "./get-bot"
import { useGroup } from "./get-group"
import { GroupMode } from "./group-mode"
import { useSetGroup } from "./set-group"

const tones: Record<StaffGroupState, "neutral" | "success" | "warning" | "danger"> = {
  off: "neutral", waiting: "warning", ok: "success", failing: "danger",
}

/** The group in Telegram where the staff reads the messages of customers, and answers by replying. */
export function GroupCard() {
  const t = useT().group
  const { data, error } = useGroup()
  return (
    <section aria-labelledby="group-title" className="mt-8" data-testid="staff-group" data-state={data?.state}>
      <h2 id="group-title" className="text-lg font-semibold">{t.title}</h2>
      <p className="mt-1 mb-5 text-sm text-muted-foreground">{t.body}</p>
      <FormError>{!data && error && explain(error)}</FormError>
      {data ? <div className="rounded-2xl border bg-surface p-5">{data.state === "off" ? <Choice group={data} /> : <InUse group={data} />}</div> : !error && <Skeleton className="h-40 rounded-2xl" />}
    </section>
  )
}

function InUse({ group }: { group: StaffGroup }) {
  const t = useT().group
  const all = useT()
  const { common } = all
  const set = useSetGroup()
  const [changing, setChanging] = useState(false)
  const stop = async () => {
    if (!(await askConfirm({ title: t.stopTitle, body: t.stopBody, action: t.stop, destructive: true }))) return
    set.mutate({ chat_id: null }, { onSuccess: () => toast.done(t.stopped) })
  }
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1">
          <p dir="auto" className="truncate text-base font-semibold">{group.title ?? t.unknownTitle}</p>
          <p className="font-mono text-xs text-subtle">{group.chat_id}</p>
        </div>
        <Badge tone={tones[group.state]}><Dot tone={tones[group.state]} className="size-1.5" />{t.states[group.state]}</Badge>
      </div>
      {group.state === "failing" && (
        <div role="alert" className="mt-4 rounded-lg bg-destructive-soft px-3 py-2.5 text-[13px] text-destructive">
          {t.failingBody}
          {group.error && <p className="mt-1 font-mono text-xs">{reasonText(group.error, all)}</p>}
        </div>
      )}
      {group.state === "waiting" && <p className="mt-4 text-[13px] text-muted-foreground">{t.waitingBody}</p>}
      {group.queued > 0 && <p className="mt-4 text-[13px] text-muted-foreground" role="status">{t.queued(group.queued)}</p>}
      {group.source === "environment" && <p className="mt-4 text-[13px] text-subtle">{t.fromEnvironment}</p>}
      <FormError>{set.error && explain(set.error)}</FormError>
      {group.chat_id && <GroupMode group={{ ...group, chat_id: group.chat_id }} />}
      <div className="mt-5 border-t pt-5">
        {changing ? (
          <Choice group={group} onDone={() => setChanging(false)} />
        ) : (
          <div className="flex flex-wrap gap-2">
            <Button variant="outline" onClick={() => setChanging(true)}>{t.change}</Button>
            <Button variant="ghost" className="text-destructive hover:text-destructive" busy={set.isPending} onClick={() => void stop()}>{t.stop}</Button>
          </div>
        )}
        {changing && <Button variant="ghost" className="mt-3" onClick={() => setChanging(false)}>{common.cancel}</Button>}
      </div>
    </>
  )
}

/** The known groups of the bot, and a field for the id of another one. */
function Choice({ group, onDone }: { group: StaffGroup; onDone?: () => void }) {
  const t = useT().group
  const bot = useBot()
  const set = useSetGroup()
  const listId = useId()
  const others = group.candidates.filter(({ chat_id }) => chat_id !== group.chat_id)
  const use = (chatId: string) => set.mutate({ chat_id: chatId }, {
    onSuccess: ({ title }) => {
      toast.done(title ? t.inUse(title) : t.inUseUnnamed)
      onDone?.()
    },
  })
  return (
    <div className="flex flex-col gap-5">
      <ol className="flex flex-col gap-3">
        {[t.step1(bot?.username ? `@${bot.username}` : null), t.step2, t.step3].map((step, index) => (
          <li key={index} className="flex gap-3 text-sm">
            <span className="grid size-6 shrink-0 place-items-center rounded-full bg-primary-soft text-xs font-semibold text-link" aria-hidden="true">{index + 1}</span>
            <span className="pt-0.5">{step}</span>
          </li>
        ))}
      </ol>
      <div>
        <h3 id={listId} className="mb-2 text-[13px] font-medium">{t.candidates}</h3>
        {others.length === 0 && <p className="rounded-lg bg-muted px-3 py-2.5 text-[13px] text-muted-foreground" role="status">{t.noCandidates}</p>}
        <ul aria-labelledby={listId} className="flex flex-col gap-1.5">
          {others.map(({ chat_id, title }) => (
            <li key={chat_id} className="flex items-center gap-3 rounded-xl border px-3 py-2">
              <span className="grid size-9 shrink-0 place-items-center rounded-full bg-primary-soft text-link" aria-hidden="true"><Users className="size-4" /></span>
              <span className="min-w-0 flex-1">
                <span dir="auto" className="block truncate text-sm font-medium">{title}</span>
                <span className="block truncate font-mono text-xs text-subtle">{chat_id}</span>
              </span>
              <Button variant="soft" size="sm" busy={set.isPending && set.variables.chat_id === chat_id} aria-label={t.useNamed(title)} onClick={() => use(chat_id)}>{t.use}</Button>
            </li>
          ))}
        </ul>
      </div>
      <ById busy={set.isPending} error={set.error ? explain(set.error) : null} onUse={use} onType={() => set.reset()} />
    </div>
  )
}

/** The id of a group is below 0. */
const shape = /^-\d{1,19}$/

function ById({ busy, error, onUse, onType }: { busy: boolean; error: string | null; onUse: (chatId: string) => void; onType: () => void }) {
  const t = useT().group
  const [id, setId] = useState("")
  const [checked, setChecked] = useState(false)
  const misshapen = checked && !shape.test(id.trim()) ? t.idShape : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (shape.test(id.trim())) onUse(id.trim())
  }
  return (
    <form onSubmit={submit} className="flex flex-col items-start gap-3">
      <Field label={t.id} hint={t.idHint} error={misshapen ?? error}>
        {(props) => (
          <Input {...props} name="chat_id" inputMode="text" autoComplete="off" spellCheck={false} placeholder="-1001234567890" className="font-mono text-[13px]" value={id}
            onChange={(event) => {
              setId(event.target.value)
              onType()
            }}
          />
        )}
      </Field>
      <Button type="submit" variant="outline" busy={busy} disabled={id.trim() === ""}>{t.use}</Button>
    </form>
  )
}
