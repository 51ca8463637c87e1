import { ArrowDown, ArrowUp, BellRing, CircleHelp, CircleUserRound, Inbox, Keyboard, Languages, LogOut, PanelRight, Pencil, Search, Settings, SunMoon, Undo2, Volume2, type LucideIcon } from "lucide-react"
import type { Operator } from "@/contract"
import { setMyOperator, signOut } from "@/features/access"
import { listWanted, neighbourOf, openConversationAt, seenOrder, type StatusFilter } from "@/features/conversation"
import { focusComposer } from "@/features/message"
import { changeMe } from "@/features/operator"
import { getLocale, type Catalogue } from "@/shared/i18n"
import type { Action } from "@/shared/lib/action"
import { getPrefs, isDark, setPref } from "@/shared/lib/prefs"
import { currentPath, navigate } from "@/shared/lib/router"
import { chooseLocale } from "@/shared/ui/part"
import { canUndo, toastFailure, undoLast } from "@/shared/ui/toast"
import { inboxPlace, listPath } from "./place"
import { routeOf } from "./routes"
import { palette } from "./ui-state"

export interface PanelContext {
  me: Operator
}

export type Command = Action<PanelContext>

function goTo(status: StatusFilter, shortcut: string): Command {
  return { id: `go.${status}`, icon: Inbox, name: (t) => `${t.nav.inbox}: ${t.status[status]}`, shortcut, run: () => {
    navigate(listPath({ ...inboxPlace.get(), status }))
    listWanted.set(true)
  } }
}

/** The keyboard stays where it is: in the list, or in the field of the next conversation for whoever is writing. */
function step(by: 1 | -1): void {
  const route = routeOf(currentPath())
  const here = document.activeElement as HTMLElement | null
  const onRow = Number(here?.dataset["id"] ?? Number.NaN)
  const from = route.page === "inbox" && route.conversation !== null ? route.conversation : Number.isInteger(onRow) ? onRow : null
  const next = neighbourOf(seenOrder.get(), from, by)
  if (next !== null) openConversationAt(next, here?.isContentEditable ? "composer" : "list")
}

const inConversation = () => {
  const route = routeOf(currentPath())
  return route.page === "inbox" && route.conversation !== null
}

/** A choice that is on or off; its name says what pressing it does. */
function toggle(pref: "sound" | "notices" | "keys", icon: LucideIcon, name: (t: Catalogue) => string): Command {
  return { id: `preference.${pref}`, icon, name: (t) => `${name(t)}: ${getPrefs()[pref] ? t.palette.turnOff : t.palette.turnOn}`, run: () => setPref(pref, !getPrefs()[pref]) }
}

function setStatus(status: "online" | "away"): Command {
  return { id: `account.${status}`, icon: CircleUserRound, name: (t) => `${t.account.status}: ${t.account[status]}`, run: () => changeMe({ status }).then(setMyOperator, toastFailure) }
}

/** Everything that is not about one conversation. Buttons, keys and the palette take it from here. */
export const commands: readonly Command[] = [
  goTo("waiting", "1"),
  goTo("active", "2"),
  goTo("closed", "3"),
  goTo("all", "4"),
  { id: "go.next", icon: ArrowDown, name: (t) => t.shortcuts.next, shortcut: "j", chord: "alt+arrowdown", run: () => step(1) },
  { id: "go.previous", icon: ArrowUp, name: (t) => t.shortcuts.previous, shortcut: "k", chord: "alt+arrowup", run: () => step(-1) },
  { id: "go.search", icon: Search, name: (t) => t.shortcuts.focusSearch, shortcut: "/", run: focusSearch },
  { id: "go.composer", icon: Pencil, name: (t) => t.shortcuts.focusComposer, shortcut: "r", available: inConversation, run: focusComposer },
  { id: "view.details", icon: PanelRight, name: (t) => t.conversation.details, shortcut: "i", available: inConversation, run: () => setPref("details", !getPrefs().details) },
  { id: "go.settings", icon: Settings, name: (t) => t.nav.settings, chord: "mod+,", run: () => navigate("/settings/preferences") },
  { id: "view.theme", icon: SunMoon, name: (t) => t.shortcuts.toggleTheme, shortcut: "shift+d", run: () => setPref("theme", isDark(getPrefs().theme) ? "light" : "dark") },
  { id: "view.language", icon: Languages, name: (t) => `${t.settings.language}: ${getLocale() === "en" ? "Русский" : "English"}`, run: () => chooseLocale(getLocale() === "en" ? "ru" : "en") },
  toggle("sound", Volume2, (t) => t.settings.sound),
  toggle("notices", BellRing, (t) => t.settings.notices),
  toggle("keys", Keyboard, (t) => t.settings.keys),
  setStatus("online"),
  setStatus("away"),
  { id: "undo", icon: Undo2, name: (t) => t.shortcuts.undo, shortcut: "z", available: canUndo, run: undoLast },
  { id: "help", icon: CircleHelp, name: (t) => t.shortcuts.title, shortcut: "?", run: () => palette.set("help") },
  { id: "account.sign-out", icon: LogOut, name: (t) => t.account.signOut, run: signOut },
]

/** At once where the page is there already: what is typed next must not meet the page without a focus. */
function focusSearch(): void {
  const focus = () => {
    const field = document.querySelector<HTMLElement>('input[type="search"]')
    field?.focus()
    return field !== null
  }
  if (routeOf(currentPath()).page === "inbox" && focus()) return
  navigate(listPath(inboxPlace.get()))
  requestAnimationFrame(focus)
}
