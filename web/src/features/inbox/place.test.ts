import { describe, expect, it, vi } from "vitest"

// The router reads the address when its file is loaded.
vi.hoisted(() => Object.assign(globalThis, { location: { pathname: "/", search: "" }, addEventListener: () => {} }))

import { chatPath, listPath, placeOf, type InboxPlace } from "./place"

const places: readonly InboxPlace[] = [
  { status: "waiting", assignee: "any", q: "" },
  { status: "all", assignee: "me", q: "" },
  { status: "all", assignee: "any", q: "", spam: "all" },
  { status: "waiting", assignee: "any", q: "", tag: "Ads & co" },
  { status: "all", assignee: "any", q: "", spam: "unproven" },
  { status: "closed", assignee: "none", q: "Анна & co?" },
]
const split = (address: string) => [address.split("?")[0] ?? "", address.includes("?") ? address.slice(address.indexOf("?")) : ""] as const

describe("the address of a list", () => {
  it.each(places)("says all of $status $assignee $q, of a conversation opened from it too", (place) => {
    expect(placeOf(...split(listPath(place)))).toEqual(place)
    expect(placeOf(...split(chatPath(7, place)))).toEqual(place)
  })
  it.each([["/c/7", ""], ["/c/7", "?in=elsewhere"], ["/inbox", ""], ["/settings/bot", "?in=all"]])("%s%s names no list", (path, search) =>
    expect(placeOf(path, search)).toBeNull())
})
