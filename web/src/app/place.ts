import type { AssigneeFilter, StatusFilter } from "@/features/conversation"
import { createStore } from "@/shared/lib/store"
import { routeOf } from "./routes"

/** Which list one works through: the tab, whose conversations, and the search. The address says it, so a reload keeps it. */
export interface InboxPlace {
  status: StatusFilter
  assignee: AssigneeFilter
  q: string
}

/** The last list, for addresses that name none: a link from outside, a notification. */
export const inboxPlace = createStore<InboxPlace>({ status: "waiting", assignee: "any", q: "" })

const statuses: readonly string[] = ["waiting", "active", "snoozed", "closed", "all"] satisfies StatusFilter[]

/** Null when the address does not say which list is meant. */
export function placeOf(path: string, search: string): InboxPlace | null {
  const route = routeOf(path)
  if (route.page !== "inbox") return null
  const params = new URLSearchParams(search)
  const status = route.status ?? params.get("in")
  if (status === null || !statuses.includes(status)) return null
  const whose = params.get("whose")
  return { status: status as StatusFilter, assignee: whose === "me" || whose === "none" ? whose : "any", q: params.get("q") ?? "" }
}

export function listPath(place: InboxPlace): string {
  return `/inbox/${place.status}${query(place, {})}`
}

export function chatPath(id: number, place: InboxPlace): string {
  return `/c/${id}${query(place, { in: place.status })}`
}

function query({ assignee, q }: InboxPlace, first: Record<string, string>): string {
  const params = new URLSearchParams(first)
  if (assignee !== "any") params.set("whose", assignee)
  if (q) params.set("q", q)
  const text = params.toString()
  return text && `?${text}`
}
