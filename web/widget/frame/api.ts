// The desk's API for apps, called from the desk's own origin.
import type { Visitor } from "../protocol"

/** Formatting; offset and length in UTF-16 code units. */
export interface Entity {
  type: string
  offset: number
  length: number
  url?: string
}
export interface Entry {
  id: number | null
  message: string
  photo_url: string | null
  direction: "user" | "support"
  created_at: string
  /** The operator who answered; null for the visitor's own messages and for automatic ones. */
  operator_name?: string | null
  entities?: Entity[]
}
export interface History {
  messages: Entry[]
  /** The history has more messages than this page. */
  has_more: boolean
}
/** The identity of an anonymous visitor: userHash contains the secret, as it contains the signature of a known user. */
export interface Known {
  userId: string
  userHash: string
}
export interface Sent {
  message_id: number
  photo_urls: string[]
}

/** The desk has refused the request. Every other error is one of the network. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly field: string
  readonly retryMs: number
  constructor(status: number, body: unknown, retryAfter: string | null) {
    const { error, code, field } = (body ?? {}) as Record<string, unknown>
    super(typeof error === "string" ? error : `The desk answered ${status}.`)
    this.status = status
    this.code = typeof code === "string" ? code : ""
    this.field = typeof field === "string" ? field : ""
    this.retryMs = Math.max(1, Number(retryAfter) || 1) * 1000
  }
}

/** A refusal that a repetition does not change. */
export const isFinal = (failure: unknown): failure is Refusal => failure instanceof Refusal && failure.status < 500 && failure.status !== 429 && failure.status !== 408

const answerMs = 20_000
/** The time without a transferred byte after which an upload fails. */
const stallMs = 30_000

export class Api {
  visitor: Visitor
  private readonly appKey: string
  private readonly language: string

  constructor(appKey: string, language: string, visitor: Visitor) {
    this.appKey = appKey
    this.language = language
    this.visitor = visitor
  }

  private headers(): Record<string, string> {
    const { userHash, userId } = this.visitor
    // A header's value is Latin-1, and ids of sites may contain any character. They are needed only with a signature.
    if (userHash) return { "X-User-Hash": userHash, ...(/^[\x20-\x7e]+$/.test(userId) && { "X-User-Id": userId }) }
    return this.appKey ? { "X-App-Key": this.appKey } : {}
  }

  credentials(): object {
    const { userHash } = this.visitor
    return userHash ? { user_hash: userHash } : this.appKey ? { app_key: this.appKey } : {}
  }

  /** Creates a visitor with a secret. known: the id that this browser once generated itself, if any; claim is then the same random
   *  text at every attempt. */
  async become(known: string, claim: string): Promise<Known> {
    const response = await this.ask("/visitor", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(known ? { user_id: known, claim } : {}) })
    const { user_id, user_hash } = (await response.json()) as { user_id: string; user_hash: string }
    return { userId: user_id, userHash: user_hash }
  }

  async history(page: { limit: number; before?: number; after?: number }): Promise<History> {
    const query = new URLSearchParams({ language: this.language })
    for (const [name, value] of Object.entries(page)) query.set(name, String(value))
    if (this.visitor.userName) query.set("user_name", this.visitor.userName)
    const response = await this.get(`/message_history/${encodeURIComponent(this.visitor.userId)}?${query}`)
    return (await response.json()) as History
  }

  /** The URL of a picture for an img element. With signed ids the picture is fetched with the signature in a header, so that no URL
   *  in a log contains it; the caller revokes URLs that begin with "blob:". */
  async picture(path: string): Promise<string> {
    if (!this.visitor.userHash) return path
    const url = new URL(path, location.origin)
    if (!this.headers()["X-User-Id"]) url.searchParams.set("user_id", this.visitor.userId)
    return URL.createObjectURL(await (await this.get(url.pathname + url.search)).blob())
  }

  private get(path: string): Promise<Response> {
    return this.ask(path, { headers: this.headers() })
  }

  private async ask(path: string, request: RequestInit): Promise<Response> {
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), answerMs)
    try {
      const response = await fetch(path, { ...request, credentials: "omit", signal: over.signal })
      if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => null), response.headers.get("Retry-After"))
      return response
    } finally {
      clearTimeout(timer)
    }
  }

  /** May be repeated with the same clientId: the desk stores one message. progress: the part of the bytes sent, 0 to 1. */
  send(message: string, photos: readonly Blob[], clientId: string, userName: string, progress: (part: number) => void): Promise<Sent> {
    const fields = { user_id: this.visitor.userId, user_name: userName, message, client_id: clientId, language: this.language }
    const request = new XMLHttpRequest()
    // The user id of the signature precedes the photos, since the desk checks it before it reads them.
    const named = !this.visitor.userHash || this.headers()["X-User-Id"]
    request.open("POST", named ? "/send_message" : `/send_message?user_id=${encodeURIComponent(this.visitor.userId)}`)
    for (const [name, value] of Object.entries(this.headers())) request.setRequestHeader(name, value)
    let body: string | FormData
    if (photos.length) {
      body = new FormData()
      for (const [name, value] of Object.entries(fields)) body.append(name, value)
      for (const photo of photos) body.append("photo", photo, photo instanceof File ? photo.name : "photo")
    } else {
      request.setRequestHeader("Content-Type", "application/json")
      body = JSON.stringify(fields)
    }
    return new Promise((resolve, reject) => {
      let timer = setTimeout(() => request.abort(), stallMs)
      request.upload.onprogress = ({ loaded, total }) => {
        clearTimeout(timer)
        timer = setTimeout(() => request.abort(), stallMs)
        progress(total ? loaded / total : 0)
      }
      request.onloadend = () => {
        clearTimeout(timer)
        let answer: unknown = null
        try {
          answer = JSON.parse(request.responseText)
        } catch {
          // No response, or a proxy's page.
        }
        if (request.status === 200 && Number.isInteger((answer as Partial<Sent> | null)?.message_id)) resolve(answer as Sent)
        else if (request.status >= 400) reject(new Refusal(request.status, answer, request.getResponseHeader("Retry-After")))
        else reject(new Error("no answer"))
      }
      request.send(body)
    })
  }
}
