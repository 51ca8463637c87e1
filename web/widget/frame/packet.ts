// Engine.IO 4 packets that carry Socket.IO 5, as far as the widget needs them: the main namespace, text only. Strict:
// any other packet is null, which ends the session.

export type Packet =
  | { type: "open"; sid: string; pingInterval: number; pingTimeout: number }
  | { type: "ping"; data: string }
  | { type: "close" }
  | { type: "noop" }
  | { type: "connected" }
  | { type: "refused"; message: string }
  | { type: "disconnected" }
  | { type: "event"; name: string; data: unknown }

export const separator = "\x1e"

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readOpen(text: string): Packet | null {
  const { sid, pingInterval, pingTimeout } = (json(text) ?? {}) as Record<string, unknown>
  const good = typeof sid === "string" && sid && typeof pingInterval === "number" && typeof pingTimeout === "number"
  return good && pingInterval > 0 && pingTimeout > 0 ? { type: "open", sid, pingInterval, pingTimeout } : null
}

function readMessage(kind: string | undefined, text: string): Packet | null {
  if (kind === "0") return { type: "connected" }
  if (kind === "1") return { type: "disconnected" }
  if (kind === "4") return { type: "refused", message: String((json(text) as { message?: unknown } | undefined)?.message ?? "") }
  if (kind !== "2") return null
  const parts = json(text.replace(/^\d+/, ""))
  return Array.isArray(parts) && typeof parts[0] === "string" ? { type: "event", name: parts[0], data: parts[1] } : null
}

export function readPacket(text: string): Packet | null {
  switch (text[0]) {
    case "0": return readOpen(text.slice(1))
    case "1": return { type: "close" }
    case "2": return { type: "ping", data: text.slice(1) }
    case "4": return readMessage(text[1], text.slice(2))
    case "6": return { type: "noop" }
    default: return null
  }
}

export const connectPacket = (auth: object): string => `40${JSON.stringify(auth)}`
export const eventPacket = (name: string, data: object): string => `42${JSON.stringify([name, data])}`
