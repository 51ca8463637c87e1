import type { ClientFrame, DurableEvent, EphemeralEvent, ServerFrame } from "@/contract"
import { createStore } from "../lib/store"
import { eventLog, takeOldestAnswer } from "./log"

export type ConnectionState = "connecting" | "online" | "offline"

export interface RealtimeHandlers {
  /** Durable events in order, none twice in a batch, at most once a frame; those up to `known` were here before. */
  onEvents(batch: DurableEvent[], known: number): void
  onEphemeral(frame: EphemeralEvent): void
  /** The client fell behind: everything must be fetched anew. */
  onRefetch(): void
  /** The first connection: what was fetched before it and names no position may have changed unheard. */
  onFirst(): void
  /** Repeatedly refused, or the server has closed the socket for who it is: the session may be gone. */
  onRefused(): void
}

export const connection = createStore<ConnectionState>("connecting")

const pingEveryMs = 25_000
const silenceLimitMs = 12_000
const maxDelayMs = 30_000
/** The server's close code when it is the credentials: the session has ended, or the operator's role is another. */
const policyClose = 1008

let socket: WebSocket | null = null
let handlers: RealtimeHandlers | null = null
let attempts = 0
let retryTimer: ReturnType<typeof setTimeout> | undefined
let pingTimer: ReturnType<typeof setInterval> | undefined
let silenceTimer: ReturnType<typeof setTimeout> | undefined
/** The server has said where it stands; before, nothing may be asked. */
let ready = false
/**
 * From the moment a replay is asked for until it is complete, every durable frame waits: live ones may already be on
 * their way, newer than all that is replayed after them, and what is replayed must be applied before them.
 */
let replaying: { since: number } | null = null
/** Where the log stood when this connection began: what is at or below it comes by a replay only, in order. */
let standing = 0
let waiting: DurableEvent[] = []
/** An older position that a replay must still reach back to. */
let wanted: number | null = null
let pending: DurableEvent[] = []
let flushQueued = false
let viewing: number | null = null

export function startRealtime(next: RealtimeHandlers): () => void {
  handlers = next
  eventLog.onReplayNeeded(resume)
  connect()
  addEventListener("online", retryNow)
  addEventListener("offline", goOffline)
  document.addEventListener("visibilitychange", retryNow)
  return () => {
    handlers = null
    removeEventListener("online", retryNow)
    removeEventListener("offline", goOffline)
    document.removeEventListener("visibilitychange", retryNow)
    drop()
    clearTimeout(retryTimer)
  }
}

export function send(frame: ClientFrame): void {
  if (frame.type === "viewing") viewing = frame.conversation_id
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
}

function connect(): void {
  drop()
  if (!handlers) return
  connection.set(attempts > 1 ? "offline" : "connecting")
  const mine = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`)
  socket = mine
  mine.onmessage = (event) => {
    if (socket === mine && typeof event.data === "string") receive(event.data)
  }
  mine.onclose = (event) => {
    if (socket !== mine) return
    lost()
    if (event.code === policyClose) handlers?.onRefused()
  }
  expectFrame()
}

function drop(): void {
  clearInterval(pingTimer)
  clearTimeout(silenceTimer)
  if (replaying) keepProgress(replaying.since)
  ready = false
  replaying = null
  waiting = []
  const old = socket
  socket = null
  old?.close()
}

/** A replay is cut short. What it has brought is applied, so that the next one goes on from there. */
function keepProgress(since: number): void {
  if (since !== eventLog.position()) return want(since)
  enqueue(waiting.filter((event) => event.seq <= standing))
  flush()
}

function lost(): void {
  drop()
  attempts += 1
  connection.set(navigator.onLine && attempts < 2 ? "connecting" : "offline")
  if (attempts === 3) handlers?.onRefused()
  // Full jitter keeps a hundred panels from returning in the same moment after a restart.
  const ceiling = Math.min(maxDelayMs, 500 * 2 ** Math.min(attempts, 8))
  clearTimeout(retryTimer)
  retryTimer = setTimeout(connect, ceiling * (0.3 + Math.random() * 0.7))
}

/** Back from sleep or another network: a socket that looks open may be dead, and only an answer tells. */
function retryNow(): void {
  if (document.visibilityState === "hidden" || !navigator.onLine) return
  if (ready) return ping()
  if (socket) return
  clearTimeout(retryTimer)
  connect()
}

function goOffline(): void {
  connection.set("offline")
}

function expectFrame(): void {
  clearTimeout(silenceTimer)
  silenceTimer = setTimeout(lost, silenceLimitMs)
}

function receive(text: string): void {
  clearTimeout(silenceTimer)
  if (ready && connection.get() !== "online") connection.set("online")
  let frame: ServerFrame
  try {
    frame = JSON.parse(text) as ServerFrame
  } catch {
    return
  }
  if ("seq" in frame && typeof frame.seq === "number") return durable(frame as DurableEvent)
  ephemeral(frame as EphemeralEvent)
}

function durable(event: DurableEvent): void {
  if (replaying) waiting.push(event)
  else enqueue([event])
}

function ephemeral(frame: EphemeralEvent): void {
  switch (frame.type) {
    case "connection_established":
      established(frame.data.seq)
      break
    case "resumed":
      endReplay(frame.data.seq)
      break
    case "refetch":
      fellBehind(frame.data.seq)
      break
    default:
      handlers?.onEphemeral(frame)
  }
}

function established(seq: number): void {
  standing = seq
  ready = true
  connection.set("online")
  pingTimer = setInterval(ping, pingEveryMs)
  if (viewing !== null) send({ type: "viewing", conversation_id: viewing })
  const known = eventLog.position()
  if (known !== null && seq < known) return startOver(seq)
  const from = known ?? takeOldestAnswer() ?? seq
  if (known === null) eventLog.start(from)
  const since = Math.min(from, wanted ?? from)
  wanted = null
  if (since < seq) resume(since)
  else caughtUp()
  if (known === null) handlers?.onFirst()
}

/** The server knows less than we do: it was restored from a backup, and what we hold is of another time. */
function startOver(seq: number): void {
  caughtUp()
  wanted = null
  eventLog.start(seq)
  handlers?.onRefetch()
}

/** Only now is the connection known to be good: one that is lost in every replay must be tried ever more seldom. */
function caughtUp(): void {
  attempts = 0
}

function want(since: number): void {
  wanted = Math.min(wanted ?? since, since)
}

function resume(since: number): void {
  if (!ready || replaying) {
    if (!replaying || since < replaying.since) want(since)
    return
  }
  // What came before the replay is applied before it.
  flush()
  replaying = { since }
  send({ type: "resume", since })
}

function endReplay(seq: number): void {
  if (!replaying) return
  const { since } = replaying
  replaying = null
  if (wanted !== null) {
    // Someone needs events from further back: they are all sent again, and only then applied, in their order.
    const older = wanted
    wanted = null
    return resume(older)
  }
  const all = waiting
  waiting = []
  enqueue(all)
  flush()
  eventLog.reaches(since)
  eventLog.advance(seq)
  caughtUp()
}

function fellBehind(seq: number): void {
  const later = waiting.filter((event) => event.seq > seq)
  replaying = null
  wanted = null
  waiting = []
  pending = []
  eventLog.start(seq)
  handlers?.onRefetch()
  enqueue(later)
  caughtUp()
}

function ping(): void {
  send({ type: "ping" })
  expectFrame()
}

function enqueue(events: DurableEvent[]): void {
  pending.push(...events)
  if (flushQueued || pending.length === 0) return
  flushQueued = true
  // One application a frame. A hidden tab gets no frames, yet its title and sound must stay alive: hence the timer.
  requestAnimationFrame(flush)
  setTimeout(flush, 200)
}

function flush(): void {
  flushQueued = false
  if (pending.length === 0) return
  const batch = inOrder(pending)
  pending = []
  const known = eventLog.position() ?? 0
  eventLog.append(batch)
  handlers?.onEvents(batch, known)
}

/** By seq, each once: a live event and its replay are the same. */
function inOrder(events: readonly DurableEvent[]): DurableEvent[] {
  return [...new Map(events.map((event) => [event.seq, event])).values()].sort((a, b) => a.seq - b.seq)
}
