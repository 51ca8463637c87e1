import type { ClientFrame, DurableEvent, EphemeralEvent, ServerFrame } from "@/contract"
import { createStore } from "../lib/store"
import { eventLog, takeOldestAnswer } from "./log"

export type ConnectionState = "connecting" | "online" | "offline"

export interface RealtimeHandlers {
  /** Durable events in order, none twice, at most once a frame. */
  onEvents(batch: DurableEvent[]): void
  onEphemeral(frame: EphemeralEvent): void
  /** The client fell behind: everything must be fetched anew. */
  onRefetch(): void
  /** Repeatedly refused: the session may be gone. */
  onRefused(): void
}

export const connection = createStore<ConnectionState>("connecting")

const pingEveryMs = 25_000
const silenceLimitMs = 12_000
const maxDelayMs = 30_000

let socket: WebSocket | null = null
let handlers: RealtimeHandlers | null = null
let attempts = 0
let retryTimer: ReturnType<typeof setTimeout> | undefined
let pingTimer: ReturnType<typeof setInterval> | undefined
let silenceTimer: ReturnType<typeof setTimeout> | undefined
/** While a replay runs, live events wait here so that all are applied in order. */
let replaying: { since: number } | null = null
let waiting: DurableEvent[] = []
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
  mine.onclose = () => {
    if (socket === mine) lost()
  }
}

function drop(): void {
  clearInterval(pingTimer)
  clearTimeout(silenceTimer)
  const old = socket
  socket = null
  old?.close()
}

function lost(): void {
  drop()
  replaying = null
  waiting = []
  attempts += 1
  connection.set(navigator.onLine && attempts < 2 ? "connecting" : "offline")
  if (attempts === 3) handlers?.onRefused()
  // Full jitter keeps a hundred panels from returning in the same moment after a restart.
  const ceiling = Math.min(maxDelayMs, 500 * 2 ** Math.min(attempts, 8))
  clearTimeout(retryTimer)
  retryTimer = setTimeout(connect, ceiling * (0.3 + Math.random() * 0.7))
}

function retryNow(): void {
  if (document.visibilityState === "hidden" || !navigator.onLine || socket) return
  clearTimeout(retryTimer)
  connect()
}

function goOffline(): void {
  connection.set("offline")
}

function receive(text: string): void {
  clearTimeout(silenceTimer)
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
      endReplay()
      break
    case "refetch":
      replaying = null
      waiting = []
      pending = []
      eventLog.start(frame.data.seq)
      handlers?.onRefetch()
      break
    default:
      handlers?.onEphemeral(frame)
  }
}

function established(seq: number): void {
  attempts = 0
  connection.set("online")
  pingTimer = setInterval(ping, pingEveryMs)
  if (viewing !== null) send({ type: "viewing", conversation_id: viewing })
  const known = eventLog.position()
  if (known !== null && seq < known) return startOver(seq)
  const since = known ?? takeOldestAnswer() ?? seq
  if (known === null) eventLog.start(since)
  if (since < seq) resume(since)
}

/** The server knows less than we do: it was restored from a backup, and what we hold is of another time. */
function startOver(seq: number): void {
  eventLog.start(seq)
  handlers?.onRefetch()
}

function resume(since: number): void {
  if (replaying) return
  replaying = { since }
  send({ type: "resume", since })
}

function endReplay(): void {
  const all = waiting.sort((a, b) => a.seq - b.seq)
  if (replaying) eventLog.reaches(replaying.since)
  replaying = null
  waiting = []
  enqueue(all)
}

function ping(): void {
  send({ type: "ping" })
  clearTimeout(silenceTimer)
  silenceTimer = setTimeout(lost, silenceLimitMs)
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
  if (!flushQueued) return
  flushQueued = false
  const batch = pending
  pending = []
  if (batch.length === 0) return
  eventLog.append(batch)
  handlers?.onEvents(batch)
}
