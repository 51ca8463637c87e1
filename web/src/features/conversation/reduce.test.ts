import { describe, expect, it } from "vitest"
import type { Conversation } from "@/contract"
import { Desk, newest, random } from "@/testing/desk"
import { appendPage, fillRead, listFromPage, reduceConversation, reduceList, unreadOf, type ListFilter, type ListState } from "./reduce"

const me = 1
const filterOf = (status: ListFilter["status"], assignee: ListFilter["assignee"] = "any"): ListFilter => ({ status, assignee, q: "" })
const filters = (["any", "me", "none"] as const).flatMap((assignee) => (["all", "waiting", "active", "snoozed", "closed"] as const).map((status) => filterOf(status, assignee)))
  .flatMap((filter): ListFilter[] => (filter.status === "all" ? [filter, { ...filter, spam: "all" }, { ...filter, spam: "unproven" }] : [filter]))

/** The filter of the server, written independently. */
const wantedBy = ({ status, assignee, spam }: ListFilter, ownOnly = false) => (one: Conversation) =>
  (one.spam_at !== null) === (spam !== undefined) &&
  (spam === undefined || spam === "all" || one.spam_reason === spam) &&
  (status === "all" || (one.status === status && (status !== "snoozed" || one.inbound_count > 0))) &&
  (assignee === "any" || one.assignee_id === (assignee === "me" ? me : null)) &&
  (!ownOnly || one.assignee_id === me)

/** The order of the server, descending. */
const placeIn = ({ status }: ListFilter) => (status === "snoozed" ? ({ snoozed_until }: Conversation) => (snoozed_until ? -Date.parse(snoozed_until) : -Infinity) : newest)

/** The visible state: order, contents, unread count. A count that no event contains is requested, as in the panel. */
function shown(state: ListState, desk: Desk) {
  const truth = new Map(desk.list("all", 1000).data.map((one) => [one.id, one]))
  const filled = state.rows.reduce((all, { conversation }) => fillRead(all, truth.get(conversation.id) ?? conversation), state)
  return filled.rows.map(({ conversation }) => ({ id: conversation.id, status: conversation.status, last: conversation.last_message, at: placeIn(state.filter)(conversation), until: conversation.snoozed_until, unread: unreadOf(conversation) }))
}

function fresh(desk: Desk, filter: ListFilter, count: number, ownOnly = false) {
  return shown(listFromPage(filter, me, desk.list(wantedBy(filter, ownOnly), count, null, placeIn(filter)), ownOnly), desk)
}

describe("old state and events make the freshly fetched state", () => {
  for (let seed = 1; seed <= 60; seed++)
    it(`for random traffic ${seed}`, () => {
      const desk = new Desk(me, random(seed), 30)
      const filter = filters[seed % filters.length] ?? filterOf("all")
      const page = (cursor: string | null = null) => desk.list(wantedBy(filter), 8, cursor, placeIn(filter))
      let state = listFromPage(filter, me, page())
      for (let round = 0; round < 12; round++) {
        const from = desk.events.length
        for (let i = 0; i < 10; i++) desk.step()
        // The response of a page that is requested in the middle of the events is older than some of them.
        const crossing = round % 3 === 1 && state.cursor ? page(state.cursor) : null
        for (let i = 0; i < 10; i++) desk.step()
        state = desk.events.slice(from).reduce(reduceList, state)
        if (crossing) state = appendPage(state, crossing, desk.events.filter(({ seq }) => seq > Math.min(state.seq, crossing.seq)))
        const edge = state.edge
        const expected = fresh(desk, filter, 1000).filter(({ id, at }) => edge === null || at > edge.at || (at === edge.at && id >= edge.id))
        expect(shown(state, desk)).toEqual(expected)
      }
    })
})

describe("an operator whose role reaches only their own conversations", () => {
  for (let seed = 1; seed <= 20; seed++)
    it(`loses a conversation that is taken away, and gets one that is given, with traffic ${seed}`, () => {
      const desk = new Desk(me, random(seed), 30)
      const filter = filters[seed % filters.length] ?? filterOf("all")
      let state = listFromPage(filter, me, desk.list(wantedBy(filter, true), 1000, null, placeIn(filter)), true)
      const mine = new Set(desk.list(wantedBy(filterOf("all"), true), 1000).data.map(({ id }) => id))
      for (let i = 0; i < 200; i++) {
        const from = desk.events.length
        desk.step()
        // As the server sends them: events of the operator's own conversations, and the one with which a conversation leaves.
        const heard = desk.events.slice(from).filter((event) => {
          if (event.type === "message_update") return mine.has(event.data.message.conversation_id)
          if (event.type === "conversation_read") return mine.has(event.data.conversation_id)
          if (event.type !== "new_message" && event.type !== "chat_status_change") return false
          const { id, assignee_id } = event.data.conversation
          const was = mine.delete(id)
          if (assignee_id === me) mine.add(id)
          return was || mine.has(id)
        })
        state = heard.reduce(reduceList, state)
        expect(shown(state, desk)).toEqual(fresh(desk, filter, 1000, true))
      }
    })
})

describe("an event at or below the known position", () => {
  it("changes nothing, however often it is replayed", () => {
    const desk = new Desk(me, random(7), 20)
    for (let i = 0; i < 100; i++) desk.step()
    const state = listFromPage(filterOf("all"), me, desk.list("all", 50))
    expect(desk.events.reduce(reduceList, state)).toBe(state)
    for (let i = 0; i < 50; i++) desk.step()
    const after = desk.events.reduce(reduceList, state)
    expect(desk.events.reduce(reduceList, after)).toBe(after)
  })

  it("does not bring back what a newer answer knows better, in one conversation", () => {
    const desk = new Desk(me, random(11), 3)
    for (let i = 0; i < 60; i++) desk.step()
    const [conversation] = desk.list("all", 1).data
    if (!conversation) throw new Error("an empty desk")
    const state = { conversation, me, seq: desk.seq }
    expect(desk.events.reduce(reduceConversation, state)).toBe(state)
  })
})

describe("a search", () => {
  it("changes what was found and adds nothing", () => {
    const desk = new Desk(me, random(3), 10)
    const found = { ...desk.list("all", 2), next_cursor: null }
    const state = listFromPage({ status: "all", assignee: "any", q: "customer" }, me, found)
    const from = desk.events.length
    for (let i = 0; i < 80; i++) desk.step()
    const after = desk.events.slice(from).reduce(reduceList, state)
    expect(new Set(after.rows.map(({ conversation }) => conversation.id))).toEqual(new Set(found.data.map(({ id }) => id)))
  })
})
