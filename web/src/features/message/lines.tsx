import { Pointer } from "lucide-react"
import type { Message, Operator } from "@/contract"
import { useLocale, useT, type Catalogue } from "@/shared/i18n"
import { formatDay, formatMoment, formatTime } from "@/shared/i18n/dates"
import { languageName } from "@/shared/i18n/languages"
import { formatSpan } from "@/shared/i18n/units"
import { isolate } from "@/shared/lib/bidi"
import type { Locale } from "@/shared/lib/prefs"
import { messageLine } from "@/shared/lib/words"

/** Between the parts of a line: it stays with the part before it, so that no line begins with a dot. */
const Dot = () => <span className="text-subtle">{"\u00a0· "}</span>

/** What stands between bubbles. */
export function DayLine({ at }: { at: string }) {
  const t = useT().message
  const locale = useLocale()
  return (
    <div role="separator" aria-label={formatDay(locale, at, t)} className="flex justify-center py-3">
      <span className="rounded-full border bg-surface px-3 py-0.5 text-xs font-medium text-muted-foreground">{formatDay(locale, at, t)}</span>
    </div>
  )
}

export function UnreadLine() {
  const t = useT().message
  return (
    <div role="separator" aria-label={t.unreadLine} className="flex items-center gap-3 px-6 py-2 text-xs font-medium text-link">
      <span className="h-px flex-1 bg-link/30" />
      {t.unreadLine}
      <span className="h-px flex-1 bg-link/30" />
    </div>
  )
}

export function StartLine() {
  const t = useT().message
  return <p className="pt-8 pb-2 text-center text-xs text-subtle">{t.start}</p>
}

export function SystemLine({ message, operators, me }: { message: Message; operators: readonly Operator[]; me: number }) {
  const t = useT()
  const locale = useLocale()
  return (
    <p className="px-6 pt-3 pb-1 text-center text-xs text-balance wrap-anywhere text-muted-foreground" data-testid="system-message" data-id={message.id} data-action={message.action} data-content={message.content}>
      {systemText(message, operators, me, t, locale)}
      <Dot /><span className="whitespace-nowrap text-subtle">{formatTime(locale, message.created_at)}</span>
    </p>
  )
}

/** A press of a button: what it said, and a link to the message that had it. */
export function PressLine({ message, customer, onQuote }: { message: Message; customer: string; onQuote: (id: number) => void }) {
  const t = useT()
  const locale = useLocale()
  const { reply_to: reply, press, text, created_at } = message
  return (
    <p className="px-6 pt-3 pb-1 text-center text-xs leading-6 text-balance wrap-anywhere text-muted-foreground" data-testid="press" data-id={message.id}>
      <Pointer className="mr-1 inline size-3.5 align-[-2px] text-subtle" aria-hidden="true" />
      {t.message.pressed(customer)} <span dir="auto" className="inline-block max-w-full rounded-md border bg-surface px-1.5 leading-5 font-medium text-foreground">{text}</span>
      {press?.stale && <><Dot />{t.message.pressStale}</>}
      {reply && <><Dot /><button type="button" className="rounded text-link underline-offset-2 hover:underline" onClick={() => onQuote(reply.id)}>{t.message.pressedWhere(shorten(messageLine(reply, t), 40))}</button></>}
      <Dot /><span className="whitespace-nowrap text-subtle">{formatTime(locale, created_at)}</span>
    </p>
  )
}

const mostQuoted = 80

/** The text as one line of at most so many characters. */
function shorten(text: string, most = mostQuoted): string {
  const signs = [...text.replace(/\s+/gu, " ").trim()]
  return signs.length > most ? `${signs.slice(0, most - 1).join("").trimEnd()}…` : signs.join("")
}

/** The text of a service message, with its fact if there is one. */
export function serviceText({ content, service }: Pick<Message, "content" | "service">, t: Catalogue, locale: Locale): string {
  const { text, value } = service ?? {}
  const say = content === null ? undefined : t.message.servicesWith[content]
  const fact = { text: text ? isolate(shorten(text)) : "", value: value ?? 0, span: value ? formatSpan(locale, value) : "" }
  if (text && say?.text) return say.text(fact)
  if (value !== undefined && say?.value) return say.value(fact)
  return (content !== null && t.message.services[content]) || t.message.service
}

function systemText(message: Message, operators: readonly Operator[], me: number, t: Catalogue, locale: Locale): string {
  if (message.kind === "service") return serviceText(message, t, locale)
  return changeText(message, operators, me, t, locale)
}

function changeText({ action, operator_id, target_operator_id, text }: Message, operators: readonly Operator[], me: number, t: Catalogue, locale: Locale): string {
  const { system } = t.message
  const known = (id: number | null) => operators.find((operator) => operator.id === id)?.name
  const nameOf = (id: number | null) => isolate(known(id) ?? (id === me ? t.common.you : system.someone))
  const who = operator_id === null ? system.auto : nameOf(operator_id)
  const [from = "", to = ""] = text.split("\n")
  switch (action) {
    case "taken": return system.taken(who)
    case "assigned": return system.assigned(who, nameOf(target_operator_id))
    case "unassigned": return system.unassigned(who)
    case "closed": return system.closed(who)
    case "reopened": return operator_id === null ? system.reopenedByCustomer : system.reopened(who)
    case "snoozed": return text ? system.snoozedUntil(who, formatMoment(locale, text)) : system.snoozed(who)
    case "woken": return operator_id === null ? system.wokenByTime : system.woken(who)
    case "blocked": return system.blocked
    case "unblocked": return system.unblocked
    case "started": return text ? system.startedBy(text) : system.started
    case "deactivated": return system.deactivated
    case "renamed": return system.renamed(from, to)
    case "username": return to ? system.usernameNow(to) : system.usernameGone(from)
    case "moved": return system.moved(from, to)
    case "language": return system.languageNow(isolate(languageName(locale, to)))
    case "spam": return operator_id === null ? system.spamFlood : system.spam(who)
    case "not_spam": return system.notSpam(who)
    case "held": return system.held
    case "passed": return operator_id === null ? system.passed : system.letIn(who)
    case "banned": return system.banned(who)
    case "unbanned": return system.unbanned(who)
    case "premium": return text === "0" ? system.premiumEnded : system.premium
    default: return text
  }
}
