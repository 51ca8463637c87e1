import { describe, expect, it } from "vitest"
import { Desk, random } from "@/testing/desk"
import { acknowledge, appendMessages, prependPage, reduceThread, threadFromPage, type ThreadState } from "./reduce"

const messages = (state: ThreadState) => state.rows.map(({ message }) => message)

describe("old state and events make the freshly fetched thread", () => {
  for (let seed = 1; seed <= 40; seed++)
    it(`for random traffic ${seed}`, () => {
      const desk = new Desk(1, random(seed), 4)
      for (let i = 0; i < 80; i++) desk.step()
      let state = threadFromPage(2, desk.thread(2, 5))
      for (let round = 0; round < 8; round++) {
        const from = desk.events.length
        for (let i = 0; i < 6; i++) desk.step()
        const older = round % 2 === 0 && state.before !== null ? desk.thread(2, 5, state.before) : null
        for (let i = 0; i < 6; i++) desk.step()
        state = desk.events.slice(from).reduce(reduceThread, state)
        if (older) state = prependPage(state, older, desk.events.filter(({ seq }) => seq > Math.min(state.seq, older.seq)))
        const first = messages(state)[0]?.id ?? 0
        expect(messages(state)).toEqual(desk.thread(2, 1000).data.filter(({ id }) => id >= first))
      }
    })
})

describe("a stretch in the middle of a thread", () => {
  for (let seed = 1; seed <= 30; seed++)
    it(`grows downward to the newest without a gap, in random traffic ${seed}`, () => {
      const desk = new Desk(1, random(seed), 3)
      for (let i = 0; i < 80; i++) desk.step()
      let state = threadFromPage(2, desk.threadAfter(2, 4, 0))
      for (let round = 0; round < 60 && state.after !== null; round++) {
        const from = desk.events.length
        for (let i = 0; i < 3; i++) desk.step()
        const newer = round % 2 === 0 ? desk.threadAfter(2, 6, state.after) : null
        for (let i = 0; i < 3; i++) desk.step()
        state = desk.events.slice(from).reduce(reduceThread, state)
        if (newer) state = appendMessages(state, newer, desk.events.filter(({ seq }) => seq > Math.min(state.seq, newer.seq)))
        const last = state.after ?? Number.POSITIVE_INFINITY
        expect(messages(state)).toEqual(desk.thread(2, 1000).data.filter(({ id }) => id <= last))
      }
      expect(state.after).toBe(null)
      const from = desk.events.length
      for (let i = 0; i < 30; i++) desk.step()
      expect(messages(desk.events.slice(from).reduce(reduceThread, state))).toEqual(desk.thread(2, 1000).data)
    })
})

describe("the answer to one's own request", () => {
  it("fills what no event has brought, and never undoes an event", () => {
    const desk = new Desk(1, random(5), 2)
    const state = threadFromPage(1, desk.thread(1, 10))
    const from = desk.events.length
    for (let i = 0; i < 60; i++) desk.step()
    const news = desk.events.slice(from)
    const written = news.find((event) => event.type === "new_message" && event.data.message.conversation_id === 1)
    if (written?.type !== "new_message") throw new Error("nothing was written")
    const answerFirst = news.reduce(reduceThread, acknowledge(state, written.data.message))
    const eventFirst = acknowledge(news.reduce(reduceThread, state), written.data.message)
    expect(messages(answerFirst)).toEqual(desk.thread(1, 1000).data)
    expect(messages(eventFirst)).toEqual(desk.thread(1, 1000).data)
  })
})
