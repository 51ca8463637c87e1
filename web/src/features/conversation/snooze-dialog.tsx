import { AlarmClock, CalendarClock, CalendarDays, MessageCircle, Sunrise } from "lucide-react"
import { useEffect, useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react"
import { useLocale, useT } from "@/shared/i18n"
import { formatUntil } from "@/shared/i18n/dates"
import { useStore } from "@/shared/lib/store"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, Input } from "@/shared/ui/field"
import { snooze, type ConversationContext } from "./actions"
import { fieldOf, momentsAfter, readField, snoozing, type MomentName, type Until } from "./snooze"

const icons: Record<MomentName, typeof AlarmClock> = { hour: AlarmClock, tomorrow: Sunrise, monday: CalendarDays }

const close = () => snoozing.set(null)

/** Asks until when. Stands with the conversation, since nothing else can be snoozed, and goes with it: the browser's Back leaves both. */
export function SnoozeHost({ context }: { context: ConversationContext }) {
  const open = useStore(snoozing) === context.conversation.id
  const t = useT().conversation
  useEffect(() => close, [])
  return (
    <Dialog open={open} onClose={close} title={t.snoozeTitle} description={t.snoozeBody} className="w-[min(24rem,calc(100vw-2rem))]">
      <Choices context={context} onDone={close} />
    </Dialog>
  )
}

function Choices({ context, onDone }: { context: ConversationContext; onDone: () => void }) {
  const t = useT().conversation
  const locale = useLocale()
  const [now] = useState(() => new Date())
  const [own, setOwn] = useState(false)
  const choose = (until: Until) => {
    onDone()
    void snooze(context, until)
  }
  return (
    <div className="-mx-2 flex flex-col" onKeyDown={move}>
      {momentsAfter(now).map(({ name, at }, index) => (
        <Choice key={name} icon={icons[name]} first={index === 0} note={formatUntil(locale, at.toISOString())} onChoose={() => choose(at)}>{t.snoozeMoment[name]}</Choice>
      ))}
      <Choice icon={MessageCircle} onChoose={() => choose(null)}>{t.snoozeUntilWrites}</Choice>
      {own ? <OwnMoment now={now} onChoose={choose} /> : <Choice icon={CalendarClock} onChoose={() => setOwn(true)}>{t.snoozePick}</Choice>}
    </div>
  )
}

/** The arrows go from one choice to the next, as in a menu. */
function move(event: KeyboardEvent<HTMLDivElement>): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
  const choices = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-choice]")]
  const at = choices.indexOf(document.activeElement as HTMLElement)
  if (by === 0 || at < 0) return
  event.preventDefault()
  choices[(at + by + choices.length) % choices.length]?.focus()
}

interface ChoiceProps {
  icon: typeof AlarmClock
  first?: boolean
  note?: string
  onChoose: () => void
  children: ReactNode
}

/** Where the browser's dialog puts the focus; React keeps the attribute to itself. */
const startsHere = (element: HTMLElement | null) => element?.setAttribute("autofocus", "")

function Choice({ icon: Icon, first = false, note, onChoose, children }: ChoiceProps) {
  return (
    <Button variant="ghost" ref={first ? startsHere : undefined} data-choice className="h-11 justify-start gap-3 px-3 font-normal -outline-offset-2" onClick={onChoose}>
      <Icon className="text-subtle" aria-hidden="true" />
      <span className="flex-1 text-left">{children}</span>
      {note && <span className="text-[13px] text-subtle tabular-nums">{note}</span>}
    </Button>
  )
}

function OwnMoment({ now, onChoose }: { now: Date; onChoose: (until: Date) => void }) {
  const t = useT().conversation
  const [text, setText] = useState(() => fieldOf(momentsAfter(now)[1]?.at ?? now))
  const [wrong, setWrong] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const at = readField(text, new Date())
    if (at) onChoose(at)
    else setWrong(true)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 px-3 pt-2" noValidate>
      <Field label={t.snoozePick} error={wrong ? t.snoozeWrong : null}>
        {(props) => (
          <Input
            {...props} type="datetime-local" autoFocus value={text} min={fieldOf(now)} className="dark:scheme-dark"
            onChange={(event) => {
              setText(event.target.value)
              setWrong(false)
            }}
          />
        )}
      </Field>
      <Button type="submit" className="self-end">{t.snooze}</Button>
    </form>
  )
}
