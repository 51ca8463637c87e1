import { describe, expect, it } from "vitest"
import { Desk, random } from "@/testing/desk"
import { arrange, neighbourOf } from "./order"
import { listFromPage, reduceList, type Row } from "./reduce"

const desk = new Desk(1, random(5), 6)
const byId = new Map(desk.list("all", 100).data.map((one) => [one.id, one]))

/** Rows from "3 1 2", the newest first; "3!" is a row that has changed since. */
const rows = (order: string): Row[] =>
  order.split(" ").filter(Boolean).map((name) => {
    const conversation = byId.get(Number.parseInt(name, 10))
    if (!conversation) throw new Error(name)
    return { conversation: name.endsWith("!") ? { ...conversation, updated_at: "2030-01-01T00:00:00Z" } : conversation, seq: 1 }
  })
const ids = (list: readonly Row[]) => list.map(({ conversation }) => conversation.id).join(" ")
const opened = (id: number | null) => (id === null ? null : (byId.get(id) ?? null))

describe("the order on the screen", () => {
  it.each([
    ["follows the live one", "1 2 3", "3! 1 2", null, false, "3 1 2", false],
    ["keeps the open one where it was when it rises", "1 2 3 4", "3! 1 2 4", 3, false, "1 2 3 4", false],
    ["keeps the open one when it has left the tab", "1 2 3 4", "1 2 4", 3, false, "1 2 3 4", false],
    ["lets it go when another is opened", "1 2 3 4", "1 2 4", 4, false, "1 2 4", false],
    ["keeps the open one below those that come", "1 2 3", "5! 1 3", 2, false, "5 1 2 3", false],
    ["keeps the first one first of the old ones", "1 2 3", "4! 2 3", 1, false, "4 1 2 3", false],
    ["keeps the open one though its neighbour above rises", "1 2 3 4", "2! 1 4", 3, false, "2 1 3 4", false],
    ["keeps the open one though its neighbour below rises", "1 2 3 4", "3! 1 4", 2, false, "3 1 2 4", false],
    ["keeps the last one last", "1 2 3", "1 2", 3, false, "1 2 3", false],
    ["keeps the open one when nothing else is left", "1 2", "", 2, false, "2", false],
    ["brings no open one that was never seen here", "1 2", "1 2", 5, false, "1 2", false],
    ["does not move under a hand", "1 2 3", "3! 1 2", null, true, "1 2 3", true],
    ["adds nothing above under a hand", "1 2 3", "4! 1 2 3", null, true, "1 2 3", true],
    ["takes nothing away under a hand, and that is no news", "1 2 3", "1 3", null, true, "1 2 3", false],
    ["adds a further page under a hand", "1 2", "1 2 3 4", null, true, "1 2 3 4", false],
    ["holds the open one under a hand too", "1 2 3", "2! 1 3", 2, true, "1 2 3", false],
    ["is there at once, hand or not", "", "1 2", null, true, "1 2", false],
  ] as const)("%s", (_, shown, live, open, held, expected, news) => {
    const result = arrange(rows(shown), rows(live), { held, open: opened(open) })
    expect({ order: ids(result.rows), news: result.news }).toEqual({ order: expected, news })
    const again = arrange(result.rows, rows(live), { held, open: opened(open) })
    expect(ids(again.rows), "nothing changes without an event").toBe(expected)
  })

  it("shows what is known by now of a row that is held", () => {
    const [row] = arrange(rows("1 2"), rows("2! 1"), { held: true, open: null }).rows.slice(1)
    expect(row?.conversation.updated_at).toBe("2030-01-01T00:00:00Z")
  })

  it("takes what is known of the open conversation from elsewhere when the list has lost it", () => {
    const closed = { ...(byId.get(2) ?? neverHappens()), status: "closed" as const }
    expect(arrange(rows("1 2"), rows("1"), { held: false, open: closed }).rows[1]?.conversation.status).toBe("closed")
  })

  for (let seed = 1; seed <= 20; seed++)
    it(`in random traffic loses and doubles nothing, and moves nothing that is held ${seed}`, () => {
      const chance = random(seed * 31)
      const busy = new Desk(1, random(seed), 12)
      let live = listFromPage({ status: "waiting", assignee: "any", q: "" }, 1, busy.list("waiting", 100))
      let shown: readonly Row[] = live.rows
      for (let round = 0; round < 40; round++) {
        const from = busy.events.length
        for (let i = 0; i < 4; i++) busy.step()
        live = busy.events.slice(from).reduce(reduceList, live)
        const held = chance() < 0.5
        const open = shown[Math.floor(chance() * shown.length * 2)]?.conversation ?? null
        const next = arrange(shown, live.rows, { held, open }).rows
        const seen = next.map(({ conversation }) => conversation.id)
        expect(new Set(seen).size).toBe(seen.length)
        if (held && shown.length > 0) expect(seen.slice(0, shown.length)).toEqual(shown.map(({ conversation }) => conversation.id))
        else expect(seen.filter((id) => id !== open?.id)).toEqual(live.rows.map(({ conversation }) => conversation.id).filter((id) => id !== open?.id))
        if (open) expect(seen).toContain(open.id)
        shown = next
      }
    })
})

describe("the neighbour", () => {
  it.each([
    [1, 2, 3], [-1, 2, 1], [1, 3, null], [-1, 1, null], [1, null, 1], [-1, 9, 3],
  ] as const)("%i from %s is %s", (by, id, expected) => expect(neighbourOf([1, 2, 3], id, by)).toBe(expected))
})

function neverHappens(): never {
  throw new Error("the desk lacks a conversation")
}
