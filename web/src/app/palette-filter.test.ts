import { describe, expect, it } from "vitest"
import { match, recentFirst, remember, type Offer } from "./palette-filter"

const offers: Offer[] = [
  { id: "close", group: "Nora Lund", name: "Close" },
  { id: "waiting", group: "Commands", name: "Inbox: Waiting" },
  { id: "theme", group: "Commands", name: "Light or dark theme" },
  { id: "profile", group: "Settings", name: "Profile", holds: ["Name", "Change password"] },
  { id: "bot", group: "Settings", name: "Bot", holds: ["Bot token", "Staff group"] },
  { id: "ё", group: "Люди", name: "Алёна Ёлкина" },
]
const found = (query: string) => match(offers, query).map(({ offer, because }) => offer.id + (because ? ` (${because})` : ""))

describe("what fits", () => {
  it.each([
    ["nothing typed", "", ["close", "waiting", "theme", "profile", "bot", "ё"]],
    ["a part of the name", "dark", ["theme"]],
    ["words in any order, any case", "THEME light", ["theme"]],
    ["a page by what it holds", "password", ["profile (Change password)"]],
    ["a page by its name and what it holds", "bot staff", ["bot (Staff group)"]],
    ["everything about the open conversation", "nora", ["close"]],
    ["ё and е are one", "елкина ален", ["ё"]],
    ["nothing fits", "xyzzy", []],
    ["only one of two words", "dark xyzzy", []],
  ] as const)("%s", (_why, query, expected) => expect(found(query)).toEqual(expected))

  it("keeps groups together, the best name's group first", () => {
    const many: Offer[] = [
      { id: "1", group: "A", name: "unset" }, { id: "2", group: "B", name: "Set" }, { id: "3", group: "A", name: "the set" }, { id: "4", group: "B", name: "reset" },
    ]
    expect(match(many, "set").map(({ offer }) => offer.id)).toEqual(["2", "4", "3", "1"])
  })
})

describe("what was chosen lately", () => {
  it("comes first, once, and no more than a few", () => {
    let recent: string[] = []
    for (const id of ["a", "b", "a", "c", "d", "e", "f"]) recent = remember(recent, id)
    expect(recent).toEqual(["f", "e", "d", "c", "a"])
  })
  it("stands under a heading of its own and not twice", () => {
    expect(recentFirst(offers, ["bot", "gone", "theme"], "Recent").map(({ id, group }) => `${group}/${id}`)).toEqual([
      "Recent/bot", "Recent/theme", "Nora Lund/close", "Commands/waiting", "Settings/profile", "Люди/ё",
    ])
  })
})
