import { ArrowDown, ArrowUp, CircleHelp, Inbox, Languages, LogOut, PanelRight, Pencil, Search, Settings, SunMoon, TriangleAlert } from "lucide-react"
import type { Operator } from "@/contract"
import { signOut } from "@/features/access"
import type { StatusFilter } from "@/features/conversation"
import { changeLocale, getLocale } from "@/shared/i18n"
import type { Action } from "@/shared/lib/action"
import { getPrefs, isDark, setPref } from "@/shared/lib/prefs"
import { currentPath, navigate } from "@/shared/lib/router"
import { routeOf } from "./routes"
import { palette, visibleIds } from "./ui-state"

export interface PanelContext {
  me: Operator
}

export type Command = Action<PanelContext>

function goTo(status: StatusFilter, shortcut: string): Command {
  return { id: `go.${status}`, icon: Inbox, name: (t) => `${t.nav.inbox}: ${t.status[status]}`, shortcut, run: () => navigate(`/inbox/${status}`) }
}

function step(by: 1 | -1): void {
  const ids = visibleIds.get()
  const route = routeOf(currentPath())
  const at = route.page === "inbox" && route.conversation !== null ? ids.indexOf(route.conversation) : -1
  const next = ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))]
  if (next !== undefined) navigate(`/c/${next}`)
}

const inConversation = () => {
  const route = routeOf(currentPath())
  return route.page === "inbox" && route.conversation !== null
}

/** Everything that is not about one conversation. Buttons, keys and the palette take it from here. */
export const commands: readonly Command[] = [
  goTo("waiting", "1"),
  goTo("active", "2"),
  goTo("closed", "3"),
  goTo("all", "4"),
  { id: "go.next", icon: ArrowDown, name: (t) => t.shortcuts.next, shortcut: "j", run: () => step(1) },
  { id: "go.previous", icon: ArrowUp, name: (t) => t.shortcuts.previous, shortcut: "k", run: () => step(-1) },
  { id: "go.search", icon: Search, name: (t) => t.shortcuts.focusSearch, shortcut: "/", run: () => focusWhenThere('input[type="search"]') },
  { id: "go.composer", icon: Pencil, name: (t) => t.shortcuts.focusComposer, shortcut: "r", available: inConversation, run: () => focusWhenThere('[data-testid="composer"]') },
  { id: "view.details", icon: PanelRight, name: (t) => t.conversation.details, shortcut: "i", available: inConversation, run: () => setPref("details", !getPrefs().details) },
  { id: "go.failed", icon: TriangleAlert, name: (t) => t.nav.failed, run: () => navigate("/settings/failed") },
  { id: "go.settings", icon: Settings, name: (t) => t.nav.settings, shortcut: "mod+,", run: () => navigate("/settings/preferences") },
  { id: "view.theme", icon: SunMoon, name: (t) => t.shortcuts.toggleTheme, shortcut: "shift+d", run: () => setPref("theme", isDark(getPrefs().theme) ? "light" : "dark") },
  { id: "view.language", icon: Languages, name: (t) => `${t.settings.language}: ${getLocale() === "en" ? "Русский" : "English"}`, run: () => changeLocale(getLocale() === "en" ? "ru" : "en") },
  { id: "help", icon: CircleHelp, name: (t) => t.shortcuts.title, shortcut: "?", run: () => palette.set("help") },
  { id: "account.sign-out", icon: LogOut, name: (t) => t.account.signOut, run: signOut },
]

/** The page may still be drawing what is to be focused. */
function focusWhenThere(selector: string): void {
  if (routeOf(currentPath()).page !== "inbox") navigate("/inbox/waiting")
  setTimeout(() => document.querySelector<HTMLElement>(selector)?.focus(), 50)
}
