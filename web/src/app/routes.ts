import type { StatusFilter } from "@/features/conversation"
import { matchPath } from "@/shared/lib/router"
import { sections, type Section } from "./sections"

export type Route =
  | { page: "inbox"; status: StatusFilter | null; conversation: number | null }
  | { page: "settings"; section: Section | null }
  | { page: "missing" }

const statuses: readonly string[] = ["waiting", "active", "snoozed", "closed", "all"] satisfies StatusFilter[]

/** The whole map of the panel. */
export function routeOf(path: string): Route {
  const status = matchPath("/inbox/:status", path)?.["status"]
  if (path === "/" || path === "/login" || path === "/inbox") return { page: "inbox", status: null, conversation: null }
  if (status && statuses.includes(status)) return { page: "inbox", status: status as StatusFilter, conversation: null }
  const id = Number(matchPath("/c/:id", path)?.["id"])
  if (Number.isSafeInteger(id) && id > 0) return { page: "inbox", status: null, conversation: id }
  if (path === "/settings") return { page: "settings", section: null }
  const section = matchPath("/settings/:section", path)?.["section"]
  const known = sections.find((one) => one.section === section)
  if (known) return { page: "settings", section: known.section }
  return { page: "missing" }
}
