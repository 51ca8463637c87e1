import { BellRing, Keyboard, Languages, SunMoon, Volume2, type LucideIcon } from "lucide-react"
import { getLocale, type Catalogue } from "@/shared/i18n"
import type { Action } from "@/shared/lib/action"
import type { PanelContext } from "@/shared/lib/feature"
import { getPrefs, isDark, setPref } from "@/shared/lib/prefs"
import { chooseLocale } from "@/shared/ui/part"

/** A preference that is on or off; the name of the action says what it will do. */
function toggle(pref: "sound" | "notices" | "keys", icon: LucideIcon, name: (t: Catalogue) => string): Action<PanelContext> {
  return { id: `preference.${pref}`, icon, name: (t) => `${name(t)}: ${getPrefs()[pref] ? t.palette.turnOff : t.palette.turnOn}`, run: () => setPref(pref, !getPrefs()[pref]) }
}

export const preferenceActions: readonly Action<PanelContext>[] = [
  { id: "view.theme", icon: SunMoon, name: (t) => t.shortcuts.toggleTheme, shortcut: "shift+d", run: () => setPref("theme", isDark(getPrefs().theme) ? "light" : "dark") },
  { id: "view.language", icon: Languages, name: (t) => `${t.settings.language}: ${getLocale() === "en" ? "Русский" : "English"}`, run: () => chooseLocale(getLocale() === "en" ? "ru" : "en") },
  toggle("sound", Volume2, (t) => t.settings.sound),
  toggle("notices", BellRing, (t) => t.settings.notices),
  toggle("keys", Keyboard, (t) => t.settings.keys),
]
