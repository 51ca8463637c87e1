import { useEffect } from "react"
import { conversationActions, conversationKey, openedQuietly, rowWanted, seenOrder, type ConversationContext, type ConversationState } from "@/features/conversation"
import { getMe } from "@/features/access"
import { operatorsKey, type OperatorsState } from "@/features/operator"
import { usable, type Action } from "@/shared/lib/action"
import { chord, isTyping } from "@/shared/lib/keyboard"
import { getPrefs } from "@/shared/lib/prefs"
import { queryClient } from "@/shared/lib/query"
import { currentPath, navigate } from "@/shared/lib/router"
import { Chat } from "./chat-part"
import { commands } from "./commands"
import { inboxPlace, listPath } from "./place"
import { routeOf } from "./routes"
import { palette } from "./ui-state"

/** The open conversation with all that its actions need; null when none is open. */
export function openConversation(): ConversationContext | null {
  const route = routeOf(currentPath())
  if (route.page !== "inbox" || route.conversation === null) return null
  const state = queryClient.getQueryData<ConversationState>(conversationKey(route.conversation))
  const me = getMe()
  if (!state || !me) return null
  return { conversation: state.conversation, me: me.operator, permissions: me.permissions, operators: queryClient.getQueryData<OperatorsState>(operatorsKey)?.operators ?? [] }
}

export function useShortcuts(): void {
  useEffect(() => {
    document.addEventListener("keydown", press)
    return () => document.removeEventListener("keydown", press)
  }, [])
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat) return
  const keys = chord(event)
  if (keys === "mod+k") {
    event.preventDefault()
    palette.set((old) => (old === "commands" ? "closed" : "commands"))
    return
  }
  if (document.querySelector("dialog[open]")) return
  if (keys === "escape") return leave(event)
  const singles = getPrefs().keys && !isTyping(event.target) && !fieldIsComing()
  if (run((action) => action.chord === keys || (singles && action.shortcut === keys))) event.preventDefault()
}

/** A conversation that was opened to be answered, and is not loaded yet: its first letters must not become commands. */
function fieldIsComing(): boolean {
  const route = routeOf(currentPath())
  if (route.page !== "inbox" || route.conversation === null || openedQuietly.get() === route.conversation) return false
  if (!Chat.here()) return true
  const state = queryClient.getQueryState(conversationKey(route.conversation))
  return state?.data === undefined && state?.fetchStatus === "fetching"
}

function run(pressed: (action: Pick<Action<never>, "shortcut" | "chord">) => boolean): boolean {
  const session = getMe()
  if (!session) return false
  const { operator: me, permissions } = session
  const context = openConversation()
  const action = context && conversationActions.find((one) => pressed(one) && usable(one, permissions, context))
  if (context && action) {
    void action.run(context)
    return true
  }
  const command = commands.find((one) => pressed(one) && usable(one, permissions, { me }))
  if (!command) return false
  void command.run({ me })
  return true
}

/** Escape goes one step out: from a field to the list, then from the conversation. */
function leave(event: KeyboardEvent): void {
  const route = routeOf(currentPath())
  const open = route.page === "inbox" ? route.conversation : null
  if (isTyping(event.target)) {
    ;(event.target as HTMLElement).blur()
    if (route.page === "inbox") rowWanted.set(open ?? seenOrder.get()[0] ?? null)
  } else if (open !== null) navigate(listPath(inboxPlace.get()))
}
