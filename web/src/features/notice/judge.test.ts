import { describe, expect, it } from "vitest"
import type { Conversation, DurableEvent, Message } from "@/contract"
import { arrivals, judge, maySound, type Arrival, type SoundMark, type Watcher } from "./judge"

const me = 7
const now = Date.parse("2026-01-01T12:00:00Z")
const arrival = (id: number, assignee_id: number | null): Arrival => ({
  seq: id,
  message: { direction: "in", created_at: new Date(now).toISOString() } as Message,
  conversation: { id, assignee_id } as Conversation,
})
const looking = (viewing: number | null): Watcher => ({ attentive: true, viewing })
const hidden = (viewing: number | null): Watcher => ({ attentive: false, viewing })

describe("what gets a notice, and which", () => {
  it.each([
    ["my customer replies while I read another", [arrival(1, me)], [looking(2)], { sound: true, cards: [1], desktop: [] }],
    ["my customer replies while I am in the settings", [arrival(1, me)], [looking(null)], { sound: true, cards: [1], desktop: [] }],
    ["I am reading that conversation", [arrival(1, me)], [looking(1)], { sound: false, cards: [], desktop: [] }],
    ["I am reading it in another tab", [arrival(1, me)], [hidden(null), looking(1)], { sound: false, cards: [], desktop: [] }],
    ["it is open, but nobody looks", [arrival(1, me)], [hidden(1)], { sound: true, cards: [1], desktop: [1] }],
    ["I look at another tab of the panel", [arrival(1, me)], [hidden(null), looking(2)], { sound: true, cards: [1], desktop: [] }],
    ["a new customer while I work here", [arrival(1, null)], [looking(2)], { sound: false, cards: [], desktop: [] }],
    ["a new customer while I am away", [arrival(1, null)], [hidden(2)], { sound: true, cards: [], desktop: [1] }],
    ["mine and a new one together", [arrival(1, me), arrival(2, null)], [hidden(null)], { sound: true, cards: [1], desktop: [1, 2] }],
  ] as const)("%s", (_why, fresh, tabs, expected) => {
    const { sound, cards, desktop } = judge(fresh, me, tabs)
    const ids = (list: readonly Arrival[]) => list.map(({ conversation }) => conversation.id)
    expect({ sound, cards: ids(cards), desktop: ids(desktop) }).toEqual(expected)
  })
})

describe("which events are news", () => {
  const event = (change: Partial<Message>, assignee_id: number | null = me, spam_at: string | null = null): DurableEvent =>
    ({ type: "new_message", seq: 1, data: { message: { ...arrival(1, me).message, ...change }, conversation: { id: 1, assignee_id, spam_at } } }) as DurableEvent
  it.each([
    ["a customer's message to me", event({}), 1],
    ["to nobody yet", event({}, null), 1],
    ["to a colleague", event({}, 8), 0],
    ["in spam", event({}, me, "2026-01-01T11:00:00Z"), 0],
    ["a new customer who passes the check", event({ direction: "system", action: "passed", actor: "customer" }), 1],
    ["one whom a colleague lets in", event({ direction: "system", action: "passed", actor: "operator" }), 0],
    ["an answer", event({ direction: "out" }), 0],
    ["a line of the desk", event({ direction: "system" }), 0],
    ["one of an hour ago, told again", event({ created_at: new Date(now - 3_600_000).toISOString() }), 0],
  ] as const)("%s", (_why, one, expected) => expect(arrivals([one], me, now)).toHaveLength(expected))
})

describe("a conversation that wakes is news, once", () => {
  const woken = (change: Partial<Message>, assignee_id: number | null = me, spam_at: string | null = null): DurableEvent =>
    ({ type: "chat_status_change", seq: 1, data: { message: { ...arrival(1, me).message, direction: "system", action: "woken", actor: "system", ...change }, conversation: { id: 1, assignee_id, spam_at } } }) as DurableEvent
  it.each([
    ["for whom it is assigned to", woken({}), 1],
    ["for everybody when it is nobody's", woken({}, null), 1],
    ["not for a colleague", woken({}, 8), 0],
    ["not in spam", woken({}, me, "2026-01-01T11:00:00Z"), 0],
    ["not when somebody ends the snooze", woken({ actor: "operator" }), 0],
    ["not when it is snoozed", woken({ action: "snoozed" }), 0],
    ["not when the customer has written, which has a notice of its own", { ...woken({}), data: { message: null, conversation: { id: 1, assignee_id: me } } } as DurableEvent, 0],
    ["not an hour later", woken({ created_at: new Date(now - 3_600_000).toISOString() }), 0],
  ] as const)("%s", (_why, one, expected) => expect(arrivals([one], me, now)).toHaveLength(expected))
})

describe("a burst sounds once", () => {
  /** Simulates messages at these times (seconds), handled by the tabs in turn; returns the times with a sound. */
  const play = (moments: readonly number[]) => {
    let mark: SoundMark | null = null
    return moments.filter((second) => {
      const at = second * 1000
      const sounds = maySound(mark, at)
      mark = { told: at, sounded: sounds ? at : (mark?.sounded ?? 0) }
      return sounds
    })
  }
  it.each([
    ["one message", [1], [1]],
    ["five within a second", [1, 1.1, 1.2, 1.5, 2], [1]],
    ["the same message heard by a second tab later", [1, 2], [1]],
    ["a pause ends the burst", [1, 2, 5], [1, 5]],
    ["a stream without an end is recalled", [1, 3, 5, 7, 9, 11, 13, 15], [1, 13]],
  ] as const)("%s", (_why, moments, expected) => expect(play(moments)).toEqual(expected))
  it("a clock that was set back does not silence for ever", () => expect(maySound({ told: 9e12, sounded: 9e12 }, 1000)).toBe(true))
})
