import { Bot, CircleUserRound, Hand, SlidersHorizontal, Smartphone, TriangleAlert, Users, type LucideIcon } from "lucide-react"
import type { Permission } from "@/contract"
import type { Catalogue } from "@/shared/i18n"

/** The settings, page by page, with the names of what each holds: the menu and the palette are made from it. */
export interface SectionFacts {
  section: Section
  icon: LucideIcon
  permission?: Permission
  /** What one may look for without knowing on which page it is. */
  holds: (t: Catalogue) => readonly string[]
}

export type Section = "bot" | "apps" | "greeting" | "operators" | "failed" | "preferences" | "profile"

export const sections: readonly SectionFacts[] = [
  { section: "bot", icon: Bot, holds: (t) => [t.bot.title, t.bot.token, t.bot.replace, t.bot.remove, t.group.title] },
  { section: "apps", icon: Smartphone, permission: "setting.manage", holds: (t) => [t.apps.widget.title, t.apps.widget.tag, t.apps.key, t.apps.newKey, t.apps.dailyEn, t.apps.zone] },
  { section: "greeting", icon: Hand, permission: "setting.manage", holds: (t) => [t.settings.greetingTitle] },
  { section: "operators", icon: Users, holds: (t) => [t.operators.add, t.operators.reset, t.operators.role] },
  { section: "failed", icon: TriangleAlert, holds: (t) => [t.failed.title] },
  { section: "preferences", icon: SlidersHorizontal, holds: ({ settings: t }) => [t.theme, t.language, t.sendKey, t.keys, t.noticesTitle, t.notices, t.sound, t.desktop] },
  { section: "profile", icon: CircleUserRound, holds: (t) => [t.settings.name, t.password.change, t.settings.version] },
]
