// A small client of the desk's Socket.IO: WebSocket if possible, otherwise long polling; it checks heartbeats and reconnects with
// growing delays, and at once when the network or the visitor comes back. It knows nothing of chats.
import { connectPacket, eventPacket, readPacket, separator } from "./packet"

export interface SocketHandlers {
  /** The auth payload of the handshake. */
  auth(): object
  connected(): void
  event(name: string, data: unknown): void
  lost(): void
}

interface Transport {
  send(packet: string): void
  close(): void
}
interface TransportHandlers {
  packet(text: string): void
  /** Called once, also if it never opened. */
  gone(): void
}

const handshakeMs = 12_000
const firstDelayMs = 500
const lastDelayMs = 30_000
/** The number of consecutive failures of WebSocket sessions before polling is tried; some proxies refuse all WebSockets. */
const webSocketTries = 2

/** The delay before retry n (from 0): it doubles, with jitter, so that a thousand visitors do not reconnect at once. */
export function delayMs(n: number, random: number): number {
  return Math.min(lastDelayMs, firstDelayMs * 2 ** n) * (0.5 + random / 2)
}

function openWebSocket(url: string, on: TransportHandlers): Transport {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}&transport=websocket`)
  socket.onmessage = ({ data }) => (typeof data === "string" ? on.packet(data) : socket.close())
  socket.onclose = on.gone
  return { send: (packet) => socket.readyState === WebSocket.OPEN && socket.send(packet), close: () => socket.close() }
}

function openPolling(url: string, on: TransportHandlers): Transport {
  const over = new AbortController()
  const { signal } = over
  let sid = ""
  let waiting: string[] = []
  let posting = false
  const fail = (): void => {
    if (signal.aborted) return
    over.abort()
    on.gone()
  }
  const ask = async (body?: string): Promise<string> => {
    const address = `${url}&transport=polling${sid && `&sid=${encodeURIComponent(sid)}`}&t=${Date.now().toString(36)}`
    const response = await fetch(address, { signal, credentials: "omit", ...(body !== undefined && { method: "POST", body, headers: { "Content-Type": "text/plain;charset=UTF-8" } }) })
    if (!response.ok) throw new Error(String(response.status))
    return response.text()
  }
  const post = async (): Promise<void> => {
    if (posting || !sid) return
    posting = true
    while (waiting.length && !signal.aborted) {
      const body = waiting.join(separator)
      waiting = []
      await ask(body)
    }
    posting = false
  }
  const poll = async (): Promise<void> => {
    while (!signal.aborted)
      for (const text of (await ask()).split(separator)) {
        const packet = readPacket(text)
        if (packet?.type === "open") sid = packet.sid
        if (!signal.aborted) on.packet(text)
      }
  }
  poll().catch(fail)
  return {
    send(packet) {
      waiting.push(packet)
      post().catch(fail)
    },
    close() {
      if (sid && !signal.aborted) navigator.sendBeacon?.(`${url}&transport=polling&sid=${encodeURIComponent(sid)}`, "1")
      fail()
    },
  }
}

interface Session {
  transport: Transport | undefined
  byWebSocket: boolean
  /** Whether it was connected. */
  reached: boolean
}

export class Socket {
  private session: Session | undefined
  private running = false
  private tries = 0
  private webSocketFailures = 0
  private retry = 0
  private watchdog = 0
  private patienceMs = 0
  private readonly origin: string
  private readonly on: SocketHandlers

  /** origin: of the desk. */
  constructor(origin: string, on: SocketHandlers) {
    this.origin = origin
    this.on = on
  }

  /** Events can be sent. */
  get connected(): boolean {
    return this.session?.reached ?? false
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.tries = 0
    this.open()
  }

  /** Missed messages have arrived, which proves that the connection works. */
  settled(): void {
    this.tries = 0
  }

  stop(): void {
    this.running = false
    clearTimeout(this.retry)
    this.end()
  }

  /** The network or the visitor is back: reconnects at once. */
  hurry(): void {
    if (!this.running || this.session) return
    this.tries = 0
    clearTimeout(this.retry)
    this.open()
  }

  /** The browser reports that there is no network. */
  drop(): void {
    this.end()
  }

  emit(name: string, data: object): boolean {
    if (this.connected) this.session?.transport?.send(eventPacket(name, data))
    return this.connected
  }

  private open(): void {
    const byWebSocket = this.webSocketFailures < webSocketTries && "WebSocket" in window
    const session: Session = { transport: undefined, byWebSocket, reached: false }
    this.session = session
    this.watch(handshakeMs)
    session.transport = (byWebSocket ? openWebSocket : openPolling)(`${this.origin}/socket.io/?EIO=4`, {
      packet: (text) => this.session === session && this.hear(session, text),
      gone: () => this.gone(session),
    })
  }

  private watch(ms: number): void {
    clearTimeout(this.watchdog)
    this.watchdog = window.setTimeout(() => this.end(), ms)
  }

  private hear(session: Session, text: string): void {
    const packet = readPacket(text)
    switch (packet?.type) {
      case "open":
        this.patienceMs = packet.pingInterval + packet.pingTimeout
        session.transport?.send(connectPacket(this.on.auth()))
        break
      case "ping":
        session.transport?.send(`3${packet.data}`)
        this.watch(this.patienceMs)
        break
      case "connected":
        session.reached = true
        this.watch(this.patienceMs)
        this.on.connected()
        break
      case "event":
        this.on.event(packet.name, packet.data)
        break
      case "noop":
        break
      default: // refused, disconnected, closed, or not of the protocol
        this.end()
    }
  }

  /** Does not wait for the WebSocket to close, which takes minutes on a dead network. */
  private end(): void {
    const { session } = this
    if (!session) return
    this.gone(session)
    session.transport?.close()
  }

  private gone(session: Session): void {
    if (this.session !== session) return
    this.session = undefined
    clearTimeout(this.watchdog)
    if (session.byWebSocket && session.reached) this.webSocketFailures = 0
    else if (session.byWebSocket) this.judge()
    // After a polling session WebSocket is tried once more, since the network may have changed.
    else this.webSocketFailures = webSocketTries - 1
    if (session.reached) this.on.lost()
    if (this.running) this.retry = window.setTimeout(() => this.open(), delayMs(this.tries++, Math.random()))
  }

  /** A WebSocket that did not open is blocked by something only if the desk itself responds. */
  private judge(): void {
    fetch(`${this.origin}/health`, { credentials: "omit" }).then(({ ok }) => ok && this.webSocketFailures++, () => {})
  }
}
