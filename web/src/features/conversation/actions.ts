import { AlarmClock, AlarmClockOff, Archive, Ban, CircleCheck, Hand, Link2, RotateCcw, ShieldCheck, ShieldX, SkipForward, UserRound, UserRoundX } from "lucide-react"
import type { Conversation, Operator } from "@/contract"
import { operatorsQuery } from "@/features/operator"
import { ApiFailure } from "@/shared/api/http"
import { getT } from "@/shared/i18n"
import { allows, type Action, type Permissions } from "@/shared/lib/action"
import { isolate } from "@/shared/lib/bidi"
import { copyText } from "@/shared/lib/clipboard"
import { queryClient } from "@/shared/lib/query"
import { askConfirm } from "@/shared/ui/confirm"
import { toast, toastFailure } from "@/shared/ui/toast"
import { assignConversation, blockCustomer, closeConversation, markSpam, reopenConversation, takeConversation } from "./change-conversation"
import { conversationQuery } from "./get-conversation"
import { snoozing } from "./snooze"
import { nextOf, openConversationAt, type FocusAfter } from "./open"

export interface ConversationContext {
  conversation: Conversation
  me: Operator
  operators: readonly Operator[]
  permissions: Permissions
}

declare module "@/shared/lib/feature" {
  interface ActionContexts {
    conversation: ConversationContext
  }
}

export type ConversationAction = Action<ConversationContext>

async function take(context: ConversationContext): Promise<void> {
  const t = getT()
  const { conversation, me, operators } = context
  const force = conversation.assignee_id !== null
  const holder = operators.find(({ id }) => id === conversation.assignee_id)
  if (force && !(await askTakeOver(holder?.name ?? t.message.system.someone))) return
  try {
    await takeConversation(conversation.id, force)
    toast.done(t.conversation.taken)
  } catch (error) {
    if (!(error instanceof ApiFailure && error.code === "already_taken")) return toastFailure(error)
    // Another operator took the conversation after the last event: ask again, with the name of that operator.
    const now = await queryClient.fetchQuery({ ...conversationQuery(conversation.id, me.id), staleTime: 0 }).catch(toastFailure)
    // The list of colleagues may still be on its way, and the question has a name in it.
    const colleagues = await queryClient.ensureQueryData(operatorsQuery).catch(() => null)
    if (now) await take({ ...context, conversation: now.conversation, operators: colleagues?.operators ?? context.operators })
  }
}

function askTakeOver(name: string): Promise<boolean> {
  const t = getT().conversation
  return askConfirm({ title: t.takeOver, body: t.takeOverBody(name), action: t.takeOver })
}

async function close({ conversation }: ConversationContext): Promise<boolean> {
  const t = getT()
  try {
    await closeConversation(conversation.id)
    toast.done(t.conversation.closedOf(conversation.customer.name), {
      label: t.common.undo,
      run: () => void reopenConversation(conversation.id).catch(toastFailure),
    })
    return true
  } catch (error) {
    toastFailure(error)
    return false
  }
}

/** The next conversation is determined from the order on the screen before the request, which changes by others do not affect. */
async function closeAndNext(context: ConversationContext): Promise<void> {
  const next = nextOf(context.conversation.id)
  const focus = focusAfter()
  if ((await close(context)) && next !== null) openConversationAt(next, focus)
}

/** If the focus is in the field, it moves to the field of the next conversation. */
function focusAfter(): FocusAfter {
  return document.activeElement instanceof HTMLElement && document.activeElement.isContentEditable ? "composer" : "list"
}

async function reopen({ conversation }: ConversationContext): Promise<void> {
  try {
    await reopenConversation(conversation.id)
    toast.done(getT().conversation.reopened)
  } catch (error) {
    toastFailure(error)
  }
}

/** Only if an operator snoozed it: a customer who has only pressed Start has the status, too, until they write. */
export const isSnoozed = ({ status, inbound_count }: Conversation) => status === "snoozed" && inbound_count > 0

async function wake({ conversation }: ConversationContext): Promise<void> {
  try {
    await reopenConversation(conversation.id)
    toast.done(getT().conversation.woken)
  } catch (error) {
    toastFailure(error)
  }
}

/** There is no way back from letting a customer in: their messages are on their way to the staff’s group, and no button would let them pass any more. */
async function setSpam({ conversation }: ConversationContext, spam: boolean): Promise<void> {
  const t = getT()
  const { id, customer, spam_reason } = conversation
  const letIn = !spam && spam_reason === "unproven"
  try {
    await markSpam(id, spam)
    toast.done(
      t.conversation[spam ? "spamOf" : letIn ? "letInOf" : "notSpamOf"](customer.name),
      letIn ? undefined : { label: t.common.undo, run: () => void markSpam(id, !spam).catch(toastFailure) },
    )
  } catch (error) {
    toastFailure(error)
  }
}

/** Unblocking makes the conversation what it was before the block. */
async function setBlocked({ conversation }: ConversationContext, blocked: boolean): Promise<void> {
  const t = getT()
  const { customer } = conversation
  try {
    await blockCustomer(customer.id, blocked)
    toast.done(t.conversation[blocked ? "blockedOf" : "unblockedOf"](customer.name), {
      label: t.common.undo,
      run: () => void blockCustomer(customer.id, !blocked).catch(toastFailure),
    })
  } catch (error) {
    toastFailure(error)
  }
}

async function assign(conversation: Conversation, operator: Operator | null): Promise<void> {
  const t = getT().conversation
  try {
    await assignConversation(conversation.id, operator?.id ?? null)
    toast.done(operator ? t.assigned(operator.name) : t.unassigned)
  } catch (error) {
    toastFailure(error)
  }
}

const isMine = ({ conversation, me }: ConversationContext) => conversation.assignee_id === me.id

/** The routes that change a conversation accept the permission on the operator's own conversations. */
const writes = { permission: "conversation.write", own: isMine } as const

export const takeAction: ConversationAction = {
  id: "conversation.take",
  ...writes,
  icon: Hand,
  name: (t, on) => (on === undefined || on.conversation.assignee_id === null ? t.conversation.take : t.conversation.takeOver),
  shortcut: "t",
  available: ({ conversation, me }) => conversation.status !== "closed" && conversation.assignee_id !== me.id,
  run: take,
}

export const closeAction: ConversationAction = {
  id: "conversation.close",
  ...writes,
  icon: Archive,
  name: (t) => t.conversation.close,
  shortcut: "e",
  chord: "mod+shift+e",
  available: ({ conversation }) => conversation.status !== "closed",
  run: async (context) => void (await close(context)),
}

export const closeNextAction: ConversationAction = {
  id: "conversation.close-next",
  ...writes,
  icon: SkipForward,
  name: (t) => t.conversation.closeNext,
  shortcut: "shift+e",
  chord: "mod+shift+enter",
  available: ({ conversation }) => conversation.status !== "closed",
  run: closeAndNext,
}

export const reopenAction: ConversationAction = {
  id: "conversation.reopen",
  ...writes,
  icon: RotateCcw,
  name: (t) => t.conversation.reopen,
  shortcut: "e",
  chord: "mod+shift+e",
  available: ({ conversation }) => conversation.status === "closed",
  run: reopen,
}

const canSnooze = ({ conversation }: ConversationContext) => conversation.status !== "closed" && conversation.inbound_count > 0
const askUntil = ({ conversation }: ConversationContext, next: boolean) => snoozing.set({ conversation: conversation.id, next, focus: focusAfter() })

export const snoozeAction: ConversationAction = {
  id: "conversation.snooze",
  ...writes,
  icon: AlarmClock,
  name: (t) => t.conversation.snooze,
  shortcut: "s",
  chord: "mod+shift+s",
  available: canSnooze,
  run: (context) => askUntil(context, false),
}

/** Without a chord: in the dialog, Shift with any choice has the same effect. */
export const snoozeNextAction: ConversationAction = {
  id: "conversation.snooze-next",
  ...writes,
  icon: SkipForward,
  name: (t) => t.conversation.snoozeNext,
  shortcut: "shift+s",
  available: canSnooze,
  run: (context) => askUntil(context, true),
}

export const wakeAction: ConversationAction = {
  id: "conversation.wake",
  ...writes,
  icon: AlarmClockOff,
  name: (t) => t.conversation.wake,
  shortcut: "w",
  available: ({ conversation }) => isSnoozed(conversation),
  run: wake,
}

export const spamAction: ConversationAction = {
  id: "conversation.spam",
  ...writes,
  icon: ShieldX,
  name: (t) => t.conversation.spam,
  available: ({ conversation }) => conversation.spam_at === null && conversation.inbound_count > 0,
  run: (context) => setSpam(context, true),
}

export const notSpamAction: ConversationAction = {
  id: "conversation.not-spam",
  ...writes,
  icon: ShieldCheck,
  name: (t, on) => (on?.conversation.spam_reason === "unproven" ? t.conversation.letIn : t.conversation.notSpam),
  available: ({ conversation }) => conversation.spam_at !== null && conversation.spam_reason !== "blocked",
  run: (context) => setSpam(context, false),
}

const blocks = { permission: "customer.block", own: isMine } as const

export const blockAction: ConversationAction = {
  id: "customer.block",
  ...blocks,
  icon: Ban,
  name: (t) => t.conversation.block,
  available: ({ conversation }) => !conversation.customer.banned_at,
  run: (context) => setBlocked(context, true),
}

export const unblockAction: ConversationAction = {
  id: "customer.unblock",
  ...blocks,
  icon: CircleCheck,
  name: (t) => t.conversation.unblock,
  available: ({ conversation }) => Boolean(conversation.customer.banned_at),
  run: (context) => setBlocked(context, false),
}

export const copyLinkAction: ConversationAction = {
  id: "conversation.copy-link",
  icon: Link2,
  name: (t) => t.conversation.copyLink,
  shortcut: "l",
  run: async ({ conversation }) => {
    await copyText(`${location.origin}/c/${conversation.id}`, getT().conversation.linkCopied)
  },
}

export const conversationActions = [takeAction, snoozeAction, snoozeNextAction, wakeAction, closeAction, closeNextAction, reopenAction, spamAction, notSpamAction, blockAction, unblockAction, copyLinkAction] as const

/** Who may write in a conversation can assign their own one to somebody else, and any other only with the permission. */
export function mayAssign(context: ConversationContext): boolean {
  const { permissions } = context
  const own = isMine(context)
  return allows(permissions, writes.permission, own) && allows(permissions, own ? undefined : "conversation.assign")
}

/** One action for each possible assignee, and one for nobody. */
export function assignActions({ conversation, operators }: ConversationContext): ConversationAction[] {
  const people = operators.filter(({ id, active }) => active && id !== conversation.assignee_id)
  const actions = people.map((operator): ConversationAction => ({
    id: `conversation.assign.${operator.id}`,
    icon: UserRound,
    name: (t) => t.conversation.assignToName(operator.name),
    short: () => isolate(operator.name),
    available: mayAssign,
    run: () => assign(conversation, operator),
  }))
  if (conversation.assignee_id === null) return actions
  return [...actions, {
    id: "conversation.assign.none",
    icon: UserRoundX,
    name: (t) => t.conversation.unassign,
    short: (t) => t.conversation.nobody,
    available: mayAssign,
    run: () => assign(conversation, null),
  }]
}
