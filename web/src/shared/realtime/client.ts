import type { ClientFrame, DurableEvent, EphemeralEvent, ErrorCode, ServerFrame } from "@/contract"
import { createStore } from "../lib/store"
import { eventLog, takeOldestAnswer } from "./log"

export type ConnectionState = "connecting" | "online" | "offline"

export interface RealtimeHandlers {
  /** Durable events in order, each once per batch, at most one batch per animation frame; those up to `known` were applied before. */
  onEvents(batch: DurableEvent[], known: number): void
  onEphemeral(frame: EphemeralEvent): void
  /** The client has fallen behind: everything must be requested again. */
  onRefetch(): void
  /** The first connection: responses without a seq that were fetched before it may be outdated. */
  onFirst(): void
  /** Repeatedly refused, or closed by the server because of the credentials: the session may have ended. */
  onRefused(): void
}

export const connection = createStore<ConnectionState>("connecting")

const pingEveryMs = 25_000
const silenceLimitMs = 12_000
const maxDelayMs = 30_000
/** A held key turns over thirty conversations a second: only the one at which the reader stays is announced. */
const viewingSettlesMs = 250
/** After a refusal, the time in which the server's rate allows several frames again. */
const viewingRetryMs = 2000
/** The server's close code for credentials: the session has ended, or the operator's role has changed. */
const policyClose = 1008

let socket: WebSocket | null = null
let handlers: RealtimeHandlers | null = null
let attempts = 0
let retryTimer: ReturnType<typeof setTimeout> | undefined
let pingTimer: ReturnType<typeof setInterval> | undefined
let silenceTimer: ReturnType<typeof setTimeout> | undefined
/** The server has sent its position; before that, no replay may be requested. */
let ready = false
/**
 * From the request of a replay until its end every durable frame is held, because live frames that were sent before the replay are
 * newer than the replayed events, which must be applied first.
 */
let replaying: { since: number } | null = null
/** The position of the log at the start of this connection: events up to it arrive only by a replay, in order. */
let standing = 0
let waiting: DurableEvent[] = []
/** An older position from which a replay must be requested. */
let wanted: number | null = null
let pending: DurableEvent[] = []
let flushQueued = false
let viewing: number | null = null
/** Until `viewing` is announced. */
let viewingTimer: ReturnType<typeof setTimeout> | undefined

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
    clearTimeout(viewingTimer)
  }
}

/** Announces which conversation the operator views; null: none. */
export function view(conversation: number | null): void {
  viewing = conversation
  announceIn(viewingSettlesMs)
}

function announceIn(ms: number): void {
  clearTimeout(viewingTimer)
  viewingTimer = setTimeout(() => {
    viewingTimer = undefined
    send({ type: "viewing", conversation_id: viewing })
  }, ms)
}

/** The frame does not name what was refused. One that waits to be sent is not delayed further. */
function refused(code: ErrorCode): void {
  if (viewing === null || viewingTimer !== undefined) return
  if (code === "rate_limited" || code === "overloaded") announceIn(viewingRetryMs)
}

export function send(frame: ClientFrame): void {
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

/** The connection was lost during a replay. What has arrived is applied, so that the next replay continues from there. */
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
  // Full jitter, so that a hundred panels do not reconnect at the same moment after a restart.
  const ceiling = Math.min(maxDelayMs, 500 * 2 ** Math.min(attempts, 8))
  clearTimeout(retryTimer)
  retryTimer = setTimeout(connect, ceiling * (0.3 + Math.random() * 0.7))
}

/** After sleep or a change of network an open socket may be dead, so a ping must be answered. */
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
    case "error":
      refused(frame.data.code)
      handlers?.onEphemeral(frame)
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

/** The server's position is below the panel's: it was restored from a backup, so the panel's state is invalid. */
function startOver(seq: number): void {
  caughtUp()
  wanted = null
  eventLog.start(seq)
  handlers?.onRefetch()
}

/** Resets the delay only now, so that a connection that is lost during every replay is retried with growing delays. */
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
  // Frames from before the replay are applied before it.
  flush()
  replaying = { since }
  send({ type: "resume", since })
}

function endReplay(seq: number): void {
  if (!replaying) return
  const { since } = replaying
  replaying = null
  if (wanted !== null) {
    // A query needs older events: all of them are requested again, and then applied in order.
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
  // Applied once per animation frame. A hidden tab gets no frames but must update its title and sound, so it uses a timer.
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

/** By seq, each once, since an event may arrive both live and by a replay. */
function inOrder(events: readonly DurableEvent[]): DurableEvent[] {
  return [...new Map(events.map((event) => [event.seq, event])).values()].sort((a, b) => a.seq - b.seq)
}
