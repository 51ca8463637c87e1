import { AlarmClock, CalendarClock, CalendarDays, MessageCircle, Sunrise } from "lucide-react"
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from "react"
import type { Conversation } from "@/contract"
import { getLocale, getT, useLocale, useT } from "@/shared/i18n"
import { formatUntil } from "@/shared/i18n/dates"
import { useStore } from "@/shared/lib/store"
import { Button, Spinner } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, FormError, Input, startsHere } from "@/shared/ui/field"
import { Keys } from "@/shared/ui/keys"
import { explain, toast, toastFailure } from "@/shared/ui/toast"
import { snoozeConversation, unsnoozeConversation } from "./change-conversation"
import { nextOf, openConversationAt } from "./open"
import { fieldOf, momentsAfter, readField, snoozing, suggestionAfter, type MomentName, type Snoozing, type Until } from "./snooze"

const icons: Record<MomentName, typeof AlarmClock> = { hour: AlarmClock, morning: Sunrise, tomorrow: Sunrise, monday: CalendarDays }

const close = () => snoozing.set(null)

/** Asks for the end of the snooze. Part of the conversation's page, so that the browser's Back closes both. */
export function SnoozeHost({ conversation }: { conversation: Conversation }) {
  const asked = useStore(snoozing)
  const t = useT().conversation
  useEffect(() => close, [])
  const question = asked?.conversation === conversation.id ? asked : null
  return (
    <Dialog open={question !== null} onClose={close} title={t.snoozeTitle} description={question?.next ? `${t.snoozeBody} ${t.snoozeThenNext}` : t.snoozeBody} className="w-[min(24rem,calc(100vw-2rem))]">
      {question && <Choices conversation={conversation} question={question} />}
    </Dialog>
  )
}

async function snooze(conversation: Conversation, until: Until): Promise<void> {
  const { snoozed_until } = await snoozeConversation(conversation.id, until?.toISOString() ?? null)
  const t = getT()
  const what = snoozed_until ? t.conversation.snoozedUntil(formatUntil(getLocale(), snoozed_until)) : t.conversation.snoozedUntilWrites
  toast.done(t.conversation.snoozedOf(what, conversation.customer.name), {
    label: t.common.undo,
    run: () => void unsnoozeConversation(conversation).catch(toastFailure),
  })
}

/** The selected choice; the dialog stays open until the server has accepted it. */
type Choosing = MomentName | "writes" | "own"

function useSnooze(conversation: Conversation, { next, focus }: Snoozing) {
  const [choosing, setChoosing] = useState<Choosing | null>(null)
  const [error, setError] = useState<unknown>(null)
  const here = useRef(true)
  useEffect(() => {
    here.current = true
    return () => void (here.current = false)
  }, [])
  /** `also`: opens the next conversation, even if the dialog was opened without that. */
  const choose = async (choice: Choosing, until: Until, also: boolean) => {
    if (choosing !== null) return
    const after = next || also ? nextOf(conversation.id) : null
    setChoosing(choice)
    setError(null)
    try {
      await snooze(conversation, until)
      if (!here.current) return
      close()
      // After the dialog has restored the focus.
      if (after !== null) setTimeout(() => openConversationAt(after, focus))
    } catch (failure) {
      if (!here.current) return toastFailure(failure)
      setChoosing(null)
      setError(failure)
    }
  }
  return { choosing, error, choose }
}

function Choices({ conversation, question }: { conversation: Conversation; question: Snoozing }) {
  const t = useT().conversation
  const locale = useLocale()
  const [now] = useState(() => new Date())
  const [own, setOwn] = useState(false)
  const { choosing, error, choose } = useSnooze(conversation, question)
  return (
    <div className="-mx-2 flex flex-col" onKeyDown={move}>
      {momentsAfter(now).map(({ name, at }, index) => (
        <Choice key={name} icon={icons[name]} first={index === 0} busy={choosing === name} note={formatUntil(locale, at.toISOString())} onChoose={(event) => void choose(name, at, event.shiftKey)}>{t.snoozeMoment[name]}</Choice>
      ))}
      <Choice icon={MessageCircle} busy={choosing === "writes"} onChoose={(event) => void choose("writes", null, event.shiftKey)}>{t.snoozeUntilWrites}</Choice>
      {own
        ? <OwnMoment now={now} next={question.next} busy={choosing === "own"} onChoose={(at) => void choose("own", at, false)} />
        : <Choice icon={CalendarClock} onChoose={() => setOwn(true)}>{t.snoozePick}</Choice>}
      {error !== null && <div className="px-3 pt-3"><FormError>{explain(error)}</FormError></div>}
      {!question.next && !own && (
        <p className="mt-2 flex items-center gap-2 border-t px-3 pt-3 text-xs text-subtle pointer-coarse:hidden"><Keys shortcut="shift+enter" />{t.snoozeNext}</p>
      )}
    </div>
  )
}

/** The arrow keys move from one choice to the next, as in a menu. */
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
  busy?: boolean
  note?: string
  onChoose: (event: MouseEvent) => void
  children: ReactNode
}

/** While it is busy, a choice keeps the focus, and the handler ignores further presses. */
function Choice({ icon: Icon, first = false, busy = false, note, onChoose, children }: ChoiceProps) {
  return (
    <Button variant="ghost" ref={first ? startsHere : undefined} data-choice aria-busy={busy || undefined} className="h-11 justify-start gap-3 px-3 font-normal text-foreground -outline-offset-2" onClick={onChoose}>
      {busy ? <Spinner /> : <Icon className="text-subtle" aria-hidden="true" />}
      <span className="flex-1 text-left">{children}</span>
      {note && <span className="text-[13px] text-subtle tabular-nums">{note}</span>}
    </Button>
  )
}

function OwnMoment({ now, next, busy, onChoose }: { now: Date; next: boolean; busy: boolean; onChoose: (until: Date) => void }) {
  const t = useT().conversation
  const [text, setText] = useState(() => fieldOf(suggestionAfter(now)))
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
      <Button type="submit" className="self-end" busy={busy}>{next ? t.snoozeNext : t.snooze}</Button>
    </form>
  )
}
