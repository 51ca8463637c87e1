import type { StatusFilter } from "@/features/conversation"
import { matchPath } from "@/shared/lib/router"

/** The list or conversation in an address; both are null for the address of the inbox. */
export interface InboxAddress {
  status: StatusFilter | null
  conversation: number | null
}

/** In the order of the tabs and of their digit keys. */
export const tabs: readonly StatusFilter[] = ["waiting", "active", "snoozed", "closed", "all"]

export function isStatus(text: string | null | undefined): text is StatusFilter {
  return tabs.some((tab) => tab === text)
}

/** Null for the address of another page. */
export function inboxAt(path: string): InboxAddress | null {
  if (path === "/" || path === "/login" || path === "/inbox") return { status: null, conversation: null }
  const status = matchPath("/inbox/:status", path)?.["status"]
  if (isStatus(status)) return { status, conversation: null }
  const id = Number(matchPath("/c/:id", path)?.["id"])
  return Number.isSafeInteger(id) && id > 0 ? { status: null, conversation: id } : null
}
