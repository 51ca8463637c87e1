import type { AssigneeFilter, SpamFilter, StatusFilter } from "@/features/conversation"
import { createStore } from "@/shared/lib/store"
import { inboxAt, isStatus } from "./address"

/** The shown list: the tab, the assignee filter, and the search. It is part of the address, so a reload restores it. */
export interface InboxPlace {
  status: StatusFilter
  assignee: AssigneeFilter
  q: string
  /** The id of a bot; absent: any. */
  bot?: string
  /** Only spam, of any reason or of one. */
  spam?: SpamFilter
  /** The tag of the customers' source; absent: any. */
  tag?: string
}

/** The last list, for addresses without one: a link from outside, a notification. */
export const inboxPlace = createStore<InboxPlace>({ status: "waiting", assignee: "any", q: "" })

/** Null if the address contains no list. */
export function placeOf(path: string, search: string): InboxPlace | null {
  const at = inboxAt(path)
  if (!at) return null
  const params = new URLSearchParams(search)
  const status = at.status ?? params.get("in")
  if (!isStatus(status)) return null
  const whose = params.get("whose")
  const bot = params.get("bot")
  const tag = params.get("tag")
  return { status, assignee: whose === "me" || whose === "none" ? whose : "any", q: params.get("q") ?? "", ...(bot && { bot }), ...(params.has("spam") && { spam: spamOf(params.get("spam")) }), ...(tag && { tag }) }
}

export const spamFilters: readonly SpamFilter[] = ["all", "unproven", "flood", "marked", "blocked"]

const spamOf = (text: string | null): SpamFilter => spamFilters.find((one) => one === text) ?? "all"

export function listPath(place: InboxPlace): string {
  return `/inbox/${place.status}${query(place, {})}`
}

export function chatPath(id: number, place: InboxPlace): string {
  return `/c/${id}${query(place, { in: place.status })}`
}

/** The tab with the same filters; spam has none. */
export function tabOf({ assignee, q, bot, tag }: InboxPlace, status: StatusFilter): InboxPlace {
  return { status, assignee, q, ...(bot && { bot }), ...(tag && { tag }) }
}

function query({ assignee, q, bot, spam, tag }: InboxPlace, first: Record<string, string>): string {
  const params = new URLSearchParams(first)
  if (assignee !== "any") params.set("whose", assignee)
  if (q) params.set("q", q)
  if (bot) params.set("bot", bot)
  if (tag) params.set("tag", tag)
  if (spam) params.set("spam", spam === "all" ? "1" : spam)
  const text = params.toString()
  return text && `?${text}`
}
