import { AlarmClock, CircleAlert, CircleHelp, CornerUpLeft } from "lucide-react"
import { memo } from "react"
import type { Conversation, ConversationStatus, Operator, MessageKind } from "@/contract"
import { useLocale, useT, type Catalogue } from "@/shared/i18n"
import { formatBrief, formatUntil } from "@/shared/i18n/dates"
import { cn } from "@/shared/lib/cn"
import { isPlainClick, Link } from "@/shared/lib/router"
import { isBlank, kindName, messageLine } from "@/shared/lib/words"
import { Avatar, initials } from "@/shared/ui/avatar"
import { Countdown } from "@/shared/ui/countdown"
import { KindIcon } from "@/shared/ui/kind-icon"
import { Dot } from "@/shared/ui/misc"
import { isSnoozed } from "./actions"
import { unreadOf } from "./reduce"

export const statusTone: Record<ConversationStatus, "warning" | "success" | "primary" | "neutral"> = {
  waiting: "warning", active: "success", snoozed: "primary", closed: "neutral",
}

/** The beginning of an unsent answer, the number of its files and the kind of the first. */
export interface DraftMark {
  text: string
  files: number
  kind: MessageKind
}

interface RowProps {
  conversation: Conversation
  href: string
  onOpen: (id: number) => void
  assignee: Operator | undefined
  mine: boolean
  /** The unsent answer. */
  draft: DraftMark | undefined
  /** Which of several bots the customer writes to. */
  via: string | null
  open: boolean
  showStatus: boolean
  /** The row that Tab reaches; the arrow keys move from it to the others. */
  focusable: boolean
  index: number
}

export const ConversationRow = memo(function ConversationRow({ conversation, href, onOpen, assignee, mine, draft, via, open, showStatus, focusable, index }: RowProps) {
  const t = useT()
  const locale = useLocale()
  const unread = unreadOf(conversation) ?? 0
  const { customer, last_message: last, status } = conversation
  return (
    <Link
      href={href}
      onClick={(event) => {
        if (!isPlainClick(event)) return
        event.preventDefault()
        onOpen(conversation.id)
      }}
      data-testid="conversation-row"
      data-id={conversation.id}
      data-index={index}
      data-status={status}
      data-unread={unread}
      tabIndex={focusable ? 0 : -1}
      aria-current={open ? "page" : undefined}
      className={cn(
        "group relative mx-2 flex h-[68px] items-center gap-3 rounded-xl px-2.5 transition-colors duration-100 -outline-offset-2 hover:bg-accent/70",
        open && "bg-primary-soft hover:bg-primary-soft",
      )}
    >
      <span className="relative">
        <Avatar name={customer.name} id={customer.id} photo={customer.photo_id} className="size-11" />
        {showStatus && <Dot tone={statusTone[status]} className={cn("absolute right-0 bottom-0 size-3 border-2 border-surface", open && "border-primary-soft")} />}
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span dir="auto" className={cn("min-w-0 flex-1 truncate text-left text-[14px]", unread > 0 ? "font-semibold" : "font-medium")}>{customer.name}</span>
          {via !== null && <span data-testid="row-via" title={via} className="max-w-[40%] shrink-0 truncate text-xs text-subtle">{via}</span>}
          <time dateTime={conversation.updated_at} className={cn("shrink-0 text-xs tabular-nums", unread > 0 ? "font-medium text-link" : "text-subtle")}>
            {formatBrief(locale, last?.created_at ?? conversation.updated_at)}
          </time>
        </span>
        <span className="mt-0.5 flex h-5 items-center gap-2">
          <Preview conversation={conversation} draft={draft} t={t} strong={unread > 0} />
          {customer.source_tag && <span data-testid="row-tag" title={customer.source_tag} className="max-w-24 shrink-0 truncate rounded-full border px-1.5 text-[11px] leading-4.5 text-muted-foreground"><bdi>{customer.source_tag}</bdi></span>}
          {conversation.spam_reason && <span data-testid="row-spam" className="shrink-0 rounded-full bg-destructive-soft px-1.5 text-[11px] leading-5 font-medium text-destructive">{t.conversation.spamReason[conversation.spam_reason]}</span>}
          {isSnoozed(conversation) && <Snoozed until={conversation.snoozed_until} t={t} />}
          {assignee && !mine && (
            <span title={assignee.name} className="grid size-5 shrink-0 place-items-center rounded-full border bg-surface text-[9px] font-semibold text-muted-foreground">
              <span aria-hidden="true">{initials(assignee.name)}</span>
              <span className="sr-only">{assignee.name}</span>
            </span>
          )}
          {unread > 0 && (
            <span className="grid h-5 min-w-5 shrink-0 place-items-center rounded-full bg-primary px-1.5 text-[11px] font-semibold text-primary-foreground tabular-nums">
              <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
              <span className="sr-only">{t.inbox.unread(unread)}</span>
            </span>
          )}
        </span>
      </span>
    </Link>
  )
})

function Snoozed({ until, t }: { until: string | null; t: Catalogue }) {
  const locale = useLocale()
  const when = until && formatUntil(locale, until)
  const label = when ? t.conversation.snoozedUntil(when) : t.conversation.snoozedUntilWrites
  return (
    <span title={label} data-testid="row-snoozed" className="flex shrink-0 items-center gap-1 text-xs text-link tabular-nums">
      <AlarmClock className="size-3.5" aria-hidden="true" />
      {when && <span aria-hidden="true">{when}</span>}
      <span className="sr-only">{label}</span>
    </span>
  )
}

function Preview({ conversation, draft, t, strong }: { conversation: Conversation; draft: DraftMark | undefined; t: Catalogue; strong: boolean }) {
  const last = conversation.last_message
  const line = cn("flex min-w-0 flex-1 items-center gap-1 text-[13px]", strong ? "text-foreground" : "text-muted-foreground")
  if (draft)
    return (
      <span className={line} data-testid="row-draft">
        <span className="shrink-0 text-destructive">{t.composer.draft}</span>
        {draft.files > 0 && <KindIcon kind={draft.kind} />}
        <span dir="auto" className="truncate text-left">{draft.text || kindName(draft.kind)}</span>
      </span>
    )
  if (!last) return <span className={line}>{t.inbox.noMessages}</span>
  return (
    <span className={line}>
      {last.delivery === "failed" && <Mark icon={CircleAlert} label={t.message.failed} className="text-destructive" />}
      {last.delivery === "uncertain" && <Mark icon={CircleHelp} label={t.message.uncertain} className="text-warning" />}
      {last.delivery === "queued" && last.retry_at && <span data-testid="row-wait" className="shrink-0 text-warning"><Countdown until={last.retry_at}>{(left) => t.message.waitsFor(left)}</Countdown></span>}
      {last.direction === "out" && <CornerUpLeft className="size-3.5 shrink-0 text-subtle" aria-label={t.inbox.answered} />}
      <KindIcon kind={last.kind} />
      <span dir="auto" className={cn("truncate text-left", isBlank(last) && "text-muted-foreground italic")}>{previewText(last, t)}</span>
    </span>
  )
}

/** Marks an answer that was perhaps not delivered, because nobody opens a conversation that seems to be answered. */
function Mark({ icon: Icon, label, className }: { icon: typeof CircleAlert; label: string; className: string }) {
  return <span role="img" aria-label={label} title={label} data-testid="row-trouble" className={cn("shrink-0", className)}><Icon className="size-3.5" aria-hidden="true" /></span>
}

function previewText(last: NonNullable<Conversation["last_message"]>, t: Catalogue): string {
  if (last.kind === "system") return systemPreview(last.content, t)
  return messageLine(last, t)
}

function systemPreview(action: string | null, t: Catalogue): string {
  const { system } = t.message
  if (action === "started") return system.started
  if (action === "blocked") return system.blocked
  if (action === "unblocked") return system.unblocked
  if (action === "held") return system.held
  if (action === "passed") return system.passed
  if (action === "deactivated") return system.deactivated
  if (action === "closed") return t.conversation.closed
  if (action === "reopened") return t.conversation.reopened
  if (action === "snoozed") return t.conversation.snoozedNow
  if (action === "woken") return t.conversation.woken
  return t.status.active
}
