import { ArrowDown, ArrowUp, Inbox, PanelRight, Pencil, Search } from "lucide-react"
import { listWanted, neighbourOf, openConversationAt, seenOrder, type StatusFilter } from "@/features/conversation"
import { focusComposer } from "@/features/message"
import type { Action } from "@/shared/lib/action"
import type { PanelContext } from "@/shared/lib/feature"
import { getPrefs, setPref } from "@/shared/lib/prefs"
import { currentPath, navigate } from "@/shared/lib/router"
import { inboxAt, tabs } from "./address"
import { inboxPlace, listPath, tabOf } from "./place"

function goTo(status: StatusFilter, shortcut: string): Action<PanelContext> {
  return { id: `go.${status}`, icon: Inbox, name: (t) => `${t.inbox.title}: ${t.status[status]}`, shortcut, run: () => {
    navigate(listPath(tabOf(inboxPlace.get(), status)))
    listWanted.set(true)
  } }
}

const openId = () => inboxAt(currentPath())?.conversation ?? null
const inConversation = () => openId() !== null

/** The focus stays in the list; from the field of a conversation it moves to the field of the next one. */
function step(by: 1 | -1): void {
  const here = document.activeElement as HTMLElement | null
  const onRow = Number(here?.dataset["id"] ?? Number.NaN)
  const from = openId() ?? (Number.isInteger(onRow) ? onRow : null)
  const next = neighbourOf(seenOrder.get(), from, by)
  if (next !== null) openConversationAt(next, here?.isContentEditable ? "composer" : "list")
}

/** At once if the page is shown already, so that the next keys arrive in the field. */
function focusSearch(): void {
  const focus = () => {
    const field = document.querySelector<HTMLElement>('input[type="search"]')
    field?.focus()
    return field !== null
  }
  if (inboxAt(currentPath()) && focus()) return
  navigate(listPath(inboxPlace.get()))
  requestAnimationFrame(focus)
}

export const inboxActions: readonly Action<PanelContext>[] = [
  ...tabs.map((status, at) => goTo(status, String(at + 1))),
  { id: "go.next", icon: ArrowDown, name: (t) => t.shortcuts.next, shortcut: "j", chord: "alt+arrowdown", run: () => step(1) },
  { id: "go.previous", icon: ArrowUp, name: (t) => t.shortcuts.previous, shortcut: "k", chord: "alt+arrowup", run: () => step(-1) },
  { id: "go.search", icon: Search, name: (t) => t.shortcuts.focusSearch, shortcut: "/", run: focusSearch },
  { id: "go.composer", icon: Pencil, name: (t) => t.shortcuts.focusComposer, shortcut: "r", available: inConversation, run: focusComposer },
  { id: "view.details", icon: PanelRight, name: (t) => t.conversation.details, shortcut: "i", available: inConversation, run: () => setPref("details", !getPrefs().details) },
]
