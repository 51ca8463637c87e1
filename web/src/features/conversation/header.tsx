import { AlarmClock, ArrowLeft, ChevronDown, CircleUserRound, MoreHorizontal, PanelRight } from "lucide-react"
import type { Conversation, Operator } from "@/contract"
import { useMe } from "@/features/access"
import { useOperators } from "@/features/operator"
import { useLocale, useT } from "@/shared/i18n"
import { formatUntil } from "@/shared/i18n/dates"
import { isolate } from "@/shared/lib/bidi"
import { usable } from "@/shared/lib/action"
import { actionsOf } from "@/shared/lib/feature"
import { cn } from "@/shared/lib/cn"
import { useMedia, usePhone } from "@/shared/lib/hooks"
import { navigate } from "@/shared/lib/router"
import { statusName } from "@/shared/lib/words"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { Keys } from "@/shared/ui/keys"
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import { Badge, Dot } from "@/shared/ui/misc"
import { Tooltip } from "@/shared/ui/tooltip"
import { assignActions, closeAction, isSnoozed, mayAssign, notSpamAction, reopenAction, snoozeAction, takeAction, unblockAction, wakeAction, type ConversationAction, type ConversationContext } from "./actions"
import { SnoozeHost } from "./snooze-dialog"
import { useTypers, useViewers } from "./presence"
import { statusTone } from "./row"

interface HeaderProps {
  conversation: Conversation
  backTo: string
  /** Which of several bots the customer writes to. */
  via: string | null
  detailsShown: boolean
  onDetails: () => void
}

/** A phone has room for two at a time. */
const phoneButtons: readonly ConversationAction[] = [takeAction, closeAction, reopenAction]
/** What brings the conversation back into the lists goes first. */
const spamButtons: readonly ConversationAction[] = [notSpamAction, unblockAction, closeAction]
const deskButtons: readonly ConversationAction[] = [takeAction, wakeAction, snoozeAction, closeAction, reopenAction]
/** Shown as icons only, and in the menu if there is no room for the icons. */
const pictures: readonly ConversationAction[] = [wakeAction, snoozeAction]

export function ConversationHeader({ conversation, backTo, via, detailsShown, onDetails }: HeaderProps) {
  const t = useT()
  const phone = usePhone()
  const narrow = useMedia("(max-width: 1179px)")
  const permissions = useMe()
  const me = permissions.operator
  const operators = useOperators()
  const others = useOthersHere(conversation.id, me.id)
  const context: ConversationContext = { conversation, me, operators, permissions }
  const { customer, status } = conversation
  /** The clock of a snoozed conversation ends the snooze; another time can be chosen in the menu or with its key. */
  const rest = usable(wakeAction, permissions, context) ? deskButtons.filter((action) => action !== snoozeAction) : deskButtons
  const buttons = conversation.spam_at !== null ? spamButtons : phone ? phoneButtons : rest
  return (
    <header className="@container flex h-15 shrink-0 items-center gap-2 border-b bg-surface px-3 md:gap-3 md:px-4">
      {phone && (
        <Button variant="ghost" size="icon" className="-ml-1" aria-label={t.conversation.back} onClick={() => navigate(backTo)}><ArrowLeft /></Button>
      )}
      <div className="relative flex min-w-0 flex-auto items-center gap-3">
        <Avatar name={customer.name} id={customer.id} photo={customer.photo_id} className="size-9 text-[13px]" />
        <span className="min-w-0 flex-1">
          {/* Without room beside the name the status wraps out of sight. A snooze is shown below, with its time. */}
          <span className="flex h-5.5 flex-wrap items-center gap-x-2 overflow-hidden">
            <h1 dir="auto" className="max-w-[max(100%-8rem,min(12rem,100%))] truncate text-left text-[15px] leading-5.5 font-semibold">{customer.name}</h1>
            {conversation.spam_reason && <Badge tone="danger" className="my-px" data-testid="header-spam">{t.conversation.spamReason[conversation.spam_reason]}</Badge>}
            {!phone && !isSnoozed(conversation) && <Badge tone={statusTone[status]} className="my-px"><Dot tone={statusTone[status]} className="size-1.5" />{statusName(conversation, t)}</Badge>}
          </span>
          <Subtitle conversation={conversation} me={me} operators={operators} via={via} />
        </span>
        <button type="button" onClick={onDetails} aria-label={t.conversation.details} tabIndex={-1} className="absolute inset-0 rounded-lg" />
      </div>
      {!phone && <Others ids={others} operators={operators} />}
      {!narrow && <Assignee context={context} />}
      {buttons.filter((action) => usable(action, permissions, context)).map((action) => (
        <ActionButton key={action.id} action={action} context={context} compact={phone} />
      ))}
      <SnoozeHost conversation={conversation} />
      <MoreMenu context={context} buttons={buttons} narrow={narrow} onDetails={onDetails} />
      {!narrow && (
        <Tooltip label={t.conversation.details} shortcut="i">
          <Button variant="ghost" size="icon" aria-label={t.conversation.details} aria-pressed={detailsShown} className={detailsShown ? "text-link" : ""} onClick={onDetails}><PanelRight /></Button>
        </Tooltip>
      )}
    </header>
  )
}

function useOthersHere(id: number, me: number): readonly number[] {
  return useViewers(id).filter((who) => who !== me)
}

function Subtitle({ conversation, me, operators, via }: { conversation: Conversation; me: Operator; operators: readonly Operator[]; via: string | null }) {
  const t = useT()
  const typers = useTypers(conversation.id).filter((id) => id !== me.id)
  const names = operators.filter(({ id }) => typers.includes(id)).map(({ name }) => isolate(name))
  if (names.length > 0) return <span className="block truncate text-xs text-link">{t.conversation.typing(names.join(", "), names.length)}</span>
  const { username, id, source_tag: tag } = conversation.customer
  if (isSnoozed(conversation)) return <Snoozed until={conversation.snoozed_until} />
  // The bot's name takes what room is left, and none from the assignee.
  return <span className={cn("block truncate text-xs text-subtle", via !== null && "w-0 min-w-full")}>{username ? `@${username}` : `${t.customer.id} ${id}`}{tag && <span data-testid="header-tag"> · <bdi>{tag}</bdi></span>}{via !== null && <span data-testid="header-via"> · {t.bot.via(via)}</span>}</span>
}

/** On a phone there is room only for the time. */
function Snoozed({ until }: { until: string | null }) {
  const t = useT().conversation
  const locale = useLocale()
  const phone = usePhone()
  const when = until && formatUntil(locale, until)
  const label = when ? t.snoozedUntil(when) : t.snoozedUntilWrites
  return (
    <span className="flex items-center gap-1 text-xs text-link" data-testid="snoozed-until">
      <AlarmClock className="size-3 shrink-0" aria-hidden="true" />
      {phone && when ? (
        <>
          <span className="truncate" aria-hidden="true">{when}</span>
          <span className="sr-only">{label}</span>
        </>
      ) : (
        <span className="truncate">{label}</span>
      )}
    </span>
  )
}

function Others({ ids, operators }: { ids: readonly number[]; operators: readonly Operator[] }) {
  const t = useT()
  const here = operators.filter(({ id }) => ids.includes(id))
  if (here.length === 0) return null
  const label = t.conversation.viewing(here.map(({ name }) => isolate(name)).join(", "))
  return (
    <Tooltip label={label}>
      <span role="img" aria-label={label} className="flex shrink-0 -space-x-1.5">
        {here.slice(0, 3).map(({ id, name }) => <Avatar key={id} name={name} id={id} className="size-7 border-2 border-surface text-[10px]" />)}
      </span>
    </Tooltip>
  )
}

function Assignee({ context }: { context: ConversationContext }) {
  const t = useT()
  const { conversation, me, operators } = context
  const holder = operators.find(({ id }) => id === conversation.assignee_id)
  const text = holder ? (holder.id === me.id ? t.conversation.assignedYou : holder.name) : t.conversation.unassignedChip
  if (!mayAssign(context) || conversation.status === "closed") return <span className="min-w-8 shrink-99999 truncate px-2 text-[13px] text-muted-foreground" title={text}>{text}</span>
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="sm" className="max-w-44 min-w-17.5 shrink-99999" title={text}>
          <span className="sr-only">{t.conversation.assign}:</span>
          {holder ? <Avatar name={holder.name} id={holder.id} className="size-5 text-[9px]" /> : <CircleUserRound className="mx-0.5 size-4!" />}
          <span className="min-w-0 truncate">{text}</span>
          <ChevronDown />
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        <AssignItems context={context} />
      </MenuContent>
    </Menu>
  )
}

function AssignItems({ context }: { context: ConversationContext }) {
  const t = useT()
  return (
    <>
      <MenuLabel>{t.conversation.assignTo}</MenuLabel>
      {assignActions(context).map((action) => (
        <MenuItem key={action.id} onSelect={() => void action.run(context)}>
          <action.icon />
          {action.short?.(t) ?? action.name(t, context)}
        </MenuItem>
      ))}
    </>
  )
}

function ActionButton({ action, context, compact }: { action: ConversationAction; context: ConversationContext; compact: boolean }) {
  const t = useT()
  const name = action.name(t, context)
  const main = (action === takeAction && context.conversation.assignee_id === null) || action === notSpamAction || action === unblockAction
  const variant = main ? "default" : "outline"
  if (compact)
    return <Button variant={main ? "soft" : "ghost"} size="icon" aria-label={name} onClick={() => void action.run(context)}><action.icon /></Button>
  return (
    <Tooltip label={name} shortcut={action.shortcut}>
      <Button variant={variant} size="sm" className={pictures.includes(action) ? "@max-[43rem]:hidden" : ""} onClick={() => void action.run(context)}>
        <action.icon />
        <span className={pictures.includes(action) ? "sr-only" : main ? "@max-[33rem]:sr-only" : "@max-[36rem]:sr-only"}>{name}</span>
      </Button>
    </Tooltip>
  )
}

/** The actions without a button; on a narrow screen, also those without room for one. */
function MoreMenu({ context, buttons, narrow, onDetails }: { context: ConversationContext; buttons: readonly ConversationAction[]; narrow: boolean; onDetails: () => void }) {
  const t = useT()
  const extra = actionsOf("conversation").filter((action) => (!buttons.includes(action) || pictures.includes(action)) && usable(action, context.permissions, context))
  return (
    <Menu>
      <MenuTrigger asChild><Button variant="ghost" size="icon" aria-label={t.conversation.actions}><MoreHorizontal /></Button></MenuTrigger>
      <MenuContent align="end">
        {extra.map((action) => (
          <MenuItem key={action.id} onSelect={() => void action.run(context)}>
            <action.icon />
            <span className="flex-1">{action.name(t, context)}</span>
            {action.shortcut && <Keys shortcut={action.shortcut} className="ml-4 text-subtle pointer-coarse:hidden" />}
          </MenuItem>
        ))}
        {narrow && <MenuItem onSelect={onDetails}><PanelRight />{t.conversation.details}</MenuItem>}
        {narrow && mayAssign(context) && context.conversation.status !== "closed" && (
          <>
            <MenuSeparator />
            <AssignItems context={context} />
          </>
        )}
      </MenuContent>
    </Menu>
  )
}
