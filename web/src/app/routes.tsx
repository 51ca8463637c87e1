import type { Screen } from "@/shared/lib/feature"
import { matchPath } from "@/shared/lib/router"
import { part } from "@/shared/ui/part"
import { features } from "./features"
import { sections } from "./sections"

export const SettingsPage = part<{ section: string | null }>(() => import("./settings-page"))

function settings(path: string): Screen | null {
  const section = matchPath("/settings/:section", path)?.["section"] ?? null
  return path === "/settings" || sections.some((one) => one.section === section) ? { page: <SettingsPage section={section} /> } : null
}

const routes = [...features.flatMap(({ name, routes: own }) => (own ?? []).map((screenAt) => ({ name, screenAt }))), { name: "settings", screenAt: settings }]

/** The page of an address; null if there is none. */
export function screenOf(path: string): (Screen & { name: string }) | null {
  for (const { name, screenAt } of routes) {
    const screen = screenAt(path)
    if (screen) return { ...screen, name }
  }
  return null
}
