import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { ClientFrame, DurableEvent, ServerFrame } from "@/contract"

/** A socket whose server is the test. */
class FakeSocket {
  static readonly OPEN = 1
  static all: FakeSocket[] = []
  readyState = 1
  readonly said: ClientFrame[] = []
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  constructor() {
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.said.push(JSON.parse(text) as ClientFrame)
  }
  close(): void {
    this.readyState = 3
  }
  /** Delivers a frame of the server. */
  hears(...frames: unknown[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) })
  }
}

const event = (seq: number) => ({ type: "conversation_read", seq, data: { conversation_id: 1, operator_id: 1, read_count: seq } }) as DurableEvent
const established = (seq: number): ServerFrame => ({ type: "connection_established", data: { seq, operator_id: 1, server_time: "" } })
const resumed = (seq: number): ServerFrame => ({ type: "resumed", data: { seq, replayed: 0 } })
const refetch = (seq: number): ServerFrame => ({ type: "refetch", data: { seq, reason: "" } })

async function start() {
  vi.resetModules()
  const { startRealtime, connection, view } = await import("./client")
  const { eventLog } = await import("./log")
  const batches: { seqs: number[]; known: number }[] = []
  const heard = { refetches: 0, first: 0, refused: 0 }
  startRealtime({
    onEvents: (batch, known) => batches.push({ seqs: batch.map(({ seq }) => seq), known }),
    onEphemeral: () => {},
    onRefetch: () => (heard.refetches += 1),
    onFirst: () => (heard.first += 1),
    onRefused: () => (heard.refused += 1),
  })
  /** Everything applied so far, in order. */
  const applied = () => {
    vi.advanceTimersByTime(300)
    return batches.flatMap(({ seqs }) => seqs)
  }
  const socket = () => FakeSocket.all.at(-1) as FakeSocket
  const resumes = () => socket().said.filter((frame) => frame.type === "resume").map(({ since }) => since)
  const viewed = () => socket().said.filter((frame) => frame.type === "viewing").map((frame) => frame.conversation_id)
  /** Cuts the connection and waits until another one is opened. */
  const reconnect = () => {
    const count = FakeSocket.all.length
    socket().onclose?.({ code: 1006 })
    while (FakeSocket.all.length === count) vi.advanceTimersByTime(100)
  }
  return { batches, heard, applied, socket, resumes, viewed, view, reconnect, connection, eventLog }
}

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
  vi.stubGlobal("WebSocket", FakeSocket)
  vi.stubGlobal("location", { protocol: "http:", host: "desk" })
  vi.stubGlobal("document", { visibilityState: "visible", addEventListener: () => {}, removeEventListener: () => {} })
  vi.stubGlobal("navigator", { onLine: true })
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run, 16))
  const listeners = new Map<string, () => void>()
  vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener))
  vi.stubGlobal("removeEventListener", () => {})
  vi.stubGlobal("fire", (type: string) => listeners.get(type)?.())
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const fire = (type: string) => (globalThis as unknown as { fire: (type: string) => void }).fire(type)

describe("after a reconnect", () => {
  it("a live event that overtook the replay is applied after it, and nothing is lost or doubled", async () => {
    const desk = await start()
    desk.socket().hears(established(10), event(11), event(12))
    expect(desk.applied()).toEqual([11, 12])
    desk.reconnect()
    desk.socket().hears(established(15))
    expect(desk.resumes()).toEqual([12])
    // P is 15, N is 12: the live P+1 was sent before the server read the resume, then everything after N comes again.
    desk.socket().hears(event(16))
    expect(desk.applied()).toEqual([11, 12])
    desk.socket().hears(event(13), event(14), event(15), event(16))
    expect(desk.applied()).toEqual([11, 12])
    desk.socket().hears(resumed(16), event(17))
    expect(desk.applied()).toEqual([11, 12, 13, 14, 15, 16, 17])
    expect(desk.eventLog.since(12).map(({ seq }) => seq)).toEqual([13, 14, 15, 16, 17])
  })

  it("a replay cut short goes on from where it was cut, without what overtook it", async () => {
    const desk = await start()
    desk.socket().hears(established(10), event(11))
    desk.applied()
    desk.reconnect()
    desk.socket().hears(established(14), event(15), event(12))
    desk.reconnect()
    desk.socket().hears(established(15))
    expect(desk.resumes()).toEqual([12])
    desk.socket().hears(event(13), event(14), event(15), resumed(15))
    expect(desk.applied()).toEqual([11, 12, 13, 14, 15])
  })

  it("a replay that is cut short again and again is tried ever more seldom", async () => {
    const desk = await start()
    desk.socket().hears(established(10))
    vi.spyOn(Math, "random").mockReturnValue(1)
    const waits: number[] = []
    for (let round = 0; round < 5; round++) {
      const before = Date.now()
      desk.reconnect()
      waits.push(Date.now() - before)
      desk.socket().hears(established(20))
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000])
    desk.socket().hears(resumed(20))
    const before = Date.now()
    desk.reconnect()
    expect(Date.now() - before).toBe(1000)
    vi.restoreAllMocks()
  })

  it("events that were applied before are distinguished from new ones", async () => {
    const desk = await start()
    desk.socket().hears(established(10), event(11), event(12))
    desk.applied()
    desk.eventLog.since(8)
    expect(desk.resumes()).toEqual([8])
    desk.socket().hears(event(9), event(10), event(11), event(12), event(13), resumed(13))
    desk.applied()
    expect(desk.batches.at(-1)).toEqual({ seqs: [9, 10, 11, 12, 13], known: 12 })
  })

  it("nothing is asked when nothing was missed, and events for others move the position", async () => {
    const desk = await start()
    desk.socket().hears(established(10))
    desk.reconnect()
    desk.socket().hears(established(12), resumed(12))
    expect(desk.resumes()).toEqual([10])
    desk.reconnect()
    desk.socket().hears(established(12))
    expect(desk.resumes()).toEqual([])
  })
})

describe("an answer older than the log", () => {
  it("gets no events until all of them are replayed", async () => {
    const desk = await start()
    desk.socket().hears(established(10), event(11))
    desk.applied()
    expect(desk.eventLog.since(7)).toEqual([])
    desk.socket().hears(event(8), event(9), event(10), event(11), resumed(11))
    desk.applied()
    expect(desk.eventLog.since(7).map(({ seq }) => seq)).toEqual([8, 9, 10, 11])
  })

  it("is remembered while there is no connection", async () => {
    const desk = await start()
    desk.socket().hears(established(10), event(11))
    desk.applied()
    desk.socket().onclose?.({ code: 1006 })
    expect(desk.eventLog.since(7)).toEqual([])
    while (FakeSocket.all.length < 2) vi.advanceTimersByTime(100)
    desk.socket().hears(established(12))
    expect(desk.resumes()).toEqual([7])
    desk.socket().hears(...[8, 9, 10, 11, 12].map(event), resumed(12))
    expect(desk.applied()).toEqual([11, 8, 9, 10, 11, 12])
  })

  it("that needs more than the replay under way makes another, and only that one is applied", async () => {
    const desk = await start()
    desk.socket().hears(established(10))
    desk.eventLog.since(9)
    desk.eventLog.since(5)
    desk.socket().hears(event(10), resumed(10))
    expect(desk.resumes()).toEqual([9, 5])
    expect(desk.applied()).toEqual([])
    desk.socket().hears(...[6, 7, 8, 9, 10].map(event), resumed(10))
    expect(desk.applied()).toEqual([6, 7, 8, 9, 10])
  })
})

it("a client too far behind fetches anew and keeps what came later", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  desk.reconnect()
  desk.socket().hears(established(9000), event(9001), event(9003), refetch(9002))
  expect(desk.heard.refetches).toBe(1)
  expect(desk.applied()).toEqual([9003])
  expect(desk.eventLog.position()).toBe(9003)
})

it("a server that knows less than the panel makes it fetch anew", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  desk.reconnect()
  desk.socket().hears(established(4), event(5))
  expect(desk.heard.refetches).toBe(1)
  expect(desk.applied()).toEqual([5])
})

it("the first connection is reported once", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  desk.reconnect()
  desk.socket().hears(established(10))
  expect(desk.heard.first).toBe(1)
})

it("a socket that survived a lost network is found alive, a dead one is replaced", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  fire("offline")
  expect(desk.connection.get()).toBe("offline")
  fire("online")
  expect(desk.socket().said.at(-1)).toEqual({ type: "ping" })
  desk.socket().hears({ type: "pong", data: { server_time: "" } })
  expect(desk.connection.get()).toBe("online")
  fire("online")
  vi.advanceTimersByTime(20_000)
  expect(FakeSocket.all.length).toBe(2)
})

it("a connection that never speaks is given up", async () => {
  await start()
  vi.advanceTimersByTime(20_000)
  expect(FakeSocket.all.length).toBeGreaterThan(1)
})

it("a socket that the server closed for who it is asks at once whether the session is gone", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  desk.socket().onclose?.({ code: 1008 })
  expect(desk.heard.refused).toBe(1)
})

const refusal = (code: string) => ({ type: "error", data: { code, message: "" } })

it("of the conversations that a held key turns over, the one at which it stops is announced", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  for (let id = 1; id <= 20; id++) {
    desk.view(null)
    desk.view(id)
    vi.advanceTimersByTime(33)
  }
  expect(desk.viewed()).toEqual([])
  vi.advanceTimersByTime(250)
  expect(desk.viewed()).toEqual([20])
  desk.view(null)
  vi.advanceTimersByTime(250)
  expect(desk.viewed()).toEqual([20, null])
})

it("a refused view is announced again until it is accepted", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  desk.view(7)
  vi.advanceTimersByTime(300)
  desk.socket().hears(refusal("rate_limited"))
  vi.advanceTimersByTime(1500)
  desk.socket().hears(refusal("rate_limited")) // of a typing frame: delays nothing
  expect(desk.viewed()).toEqual([7])
  vi.advanceTimersByTime(600)
  expect(desk.viewed()).toEqual([7, 7])
  desk.socket().hears(refusal("not_found"))
  vi.advanceTimersByTime(5000)
  expect(desk.viewed()).toEqual([7, 7])
  desk.socket().hears(refusal("rate_limited"))
  desk.view(null)
  vi.advanceTimersByTime(5000)
  desk.socket().hears(refusal("rate_limited"))
  vi.advanceTimersByTime(5000)
  expect(desk.viewed()).toEqual([7, 7, null])
})

it("a new connection announces at once which conversation is viewed", async () => {
  const desk = await start()
  desk.socket().hears(established(10))
  desk.view(7)
  vi.advanceTimersByTime(300)
  desk.reconnect()
  desk.socket().hears(established(10))
  expect(desk.viewed()).toEqual([7])
})
