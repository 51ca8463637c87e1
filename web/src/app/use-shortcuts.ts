import { useEffect } from "react"
import { getMe } from "@/features/access"
import { conversationKey, openedQuietly, rowWanted, seenOrder } from "@/features/conversation"
import { Chat, inboxAt, inboxPlace, listPath, openConversation } from "@/features/inbox"
import { usable, type Action } from "@/shared/lib/action"
import { actionsOf } from "@/shared/lib/feature"
import { chord, isTyping } from "@/shared/lib/keyboard"
import { getPrefs } from "@/shared/lib/prefs"
import { queryClient } from "@/shared/lib/query"
import { currentPath, navigate } from "@/shared/lib/router"
import { palette } from "./ui-state"

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

/** While a conversation that was opened for answering is loading, typed letters must not become commands. */
function fieldIsComing(): boolean {
  const open = inboxAt(currentPath())?.conversation ?? null
  if (open === null || openedQuietly.get() === open) return false
  if (!Chat.here()) return true
  const state = queryClient.getQueryState(conversationKey(open))
  return state?.data === undefined && state?.fetchStatus === "fetching"
}

function run(pressed: (action: Pick<Action<never>, "shortcut" | "chord">) => boolean): boolean {
  const session = getMe()
  if (!session) return false
  const { operator: me } = session
  const context = openConversation()
  const action = context && actionsOf("conversation").find((one) => pressed(one) && usable(one, session, context))
  if (context && action) {
    void action.run(context)
    return true
  }
  const command = actionsOf("panel").find((one) => pressed(one) && usable(one, session, { me }))
  if (!command) return false
  void command.run({ me })
  return true
}

/** Escape goes from a field to the list, then closes the conversation. */
function leave(event: KeyboardEvent): void {
  const at = inboxAt(currentPath())
  const open = at?.conversation ?? null
  if (isTyping(event.target)) {
    ;(event.target as HTMLElement).blur()
    if (at) rowWanted.set(open ?? seenOrder.get()[0] ?? null)
  } else if (open !== null) navigate(listPath(inboxPlace.get()))
}
