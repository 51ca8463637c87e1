import { expect, it, vi } from "vitest"

// Stubs of the browser's interfaces that the features' files use when they are loaded.
vi.hoisted(() => {
  const nothing = () => {}
  Object.assign(globalThis, {
    location: { pathname: "/", search: "", protocol: "http:", host: "" },
    addEventListener: nothing,
    matchMedia: () => ({ matches: false, addEventListener: nothing }),
    document: { cookie: "", addEventListener: nothing, visibilityState: "hidden", hasFocus: () => false },
  })
})

import { actionsOf, type ActionContexts } from "@/shared/lib/feature"
import { features } from "./features"
import { screenOf } from "./routes"
import { sections } from "./sections"
import { en } from "./words/en"

const twice = (all: readonly (string | undefined)[]) => all.filter((one, at) => one !== undefined && all.indexOf(one) !== at)
const panel = actionsOf("panel")
const conversation = actionsOf("conversation" satisfies keyof ActionContexts)

it("no two features, places, pages or actions have one name", () => {
  expect(twice(features.map(({ name }) => name))).toEqual([])
  expect(twice(features.flatMap(({ places }) => places ?? []).map(({ id }) => id))).toEqual([])
  expect(twice(sections.map(({ section }) => section))).toEqual([])
  expect(twice([...panel, ...conversation].map(({ id }) => id))).toEqual([])
})

it("a key does one thing; only closing and opening again share one, of which one is always away", () => {
  const keys = (all: readonly { shortcut?: string; chord?: string }[]) => all.flatMap(({ shortcut, chord }) => [shortcut, chord])
  expect(twice(keys([...panel, ...conversation.filter(({ id }) => id !== "conversation.reopen")]))).toEqual([])
})

it("every action has a name before it applies to anything, as the list of shortcuts shows it", () => {
  for (const action of panel) expect(action.name(en), action.id).toBeTruthy()
  for (const action of conversation) expect(action.name(en), action.id).toBeTruthy()
})

it("every place leads to a page, and every page of the settings has a name to be found by", () => {
  for (const path of ["/inbox/all", "/c/7", "/settings", ...sections.map(({ section }) => `/settings/${section}`)]) expect(screenOf(path), path).not.toBeNull()
  for (const path of ["/nowhere", "/settings/nothing", "/c/none", "/inbox/late"]) expect(screenOf(path), path).toBeNull()
  for (const { name, holds } of sections) expect([name(en), ...holds(en)].every(Boolean)).toBe(true)
})
