import { useEffect } from "react"
import { conversationActions, conversationKey, type ConversationContext, type ConversationState } from "@/features/conversation"
import { getMe } from "@/features/access"
import { operatorsKey, type OperatorsState } from "@/features/operator"
import { usable } from "@/shared/lib/action"
import { chord, isTyping } from "@/shared/lib/keyboard"
import { getPrefs } from "@/shared/lib/prefs"
import { queryClient } from "@/shared/lib/query"
import { currentPath, navigate } from "@/shared/lib/router"
import { commands } from "./commands"
import { routeOf } from "./routes"
import { inboxStatus, palette } from "./ui-state"

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
  if (!keys.startsWith("mod+") && (isTyping(event.target) || !getPrefs().keys)) return
  if (run(keys)) event.preventDefault()
}

function run(keys: string): boolean {
  const session = getMe()
  if (!session) return false
  const { operator: me, permissions } = session
  const context = openConversation()
  const action = context && conversationActions.find((one) => one.shortcut === keys && usable(one, permissions, context))
  if (context && action) {
    void action.run(context)
    return true
  }
  const command = commands.find((one) => (one.shortcut === keys || (one.shortcut === "?" && keys === "?")) && usable(one, permissions, { me }))
  if (!command) return false
  void command.run({ me })
  return true
}

/** Escape goes one step out: from the field, then from the conversation. */
function leave(event: KeyboardEvent): void {
  if (isTyping(event.target)) (event.target as HTMLElement).blur()
  else if (openConversation()) navigate(`/inbox/${inboxStatus.get()}`)
}
