// The state of the chat: messages, unsent messages, unread ones. It uses no DOM; it notifies its view of a change, and the view
// draws the whole state.
//
// Three rules keep it correct when connections are lost. Messages are identified by their id, so a repeated one is shown once.
// `synced` is the id up to which no message is missing: after each join later messages are fetched from there, and only then do
// live messages advance it. An outgoing message keeps its client id, so it can be sent again until the desk responds; until
// then an incoming own message with the same text is held back, because it may be the same message.
import { type Api, type Entry, isFinal, type Known, Refusal } from "./api"
import { problemOf, toMessages, type Message, type Outgoing } from "./message"
import type { Socket } from "./socket"
import { moveKey, randomId, type Store } from "./store"
import { Typing } from "./typing"

export type Phase = "idle" | "loading" | "ready" | "refused"

export interface ChatView {
  changed(): void
  /** A message of the support has arrived. */
  heard(message: Message): void
  unread(count: number): void
  refused(why: Refusal): void
}

const pageSize = 40
const catchUpSize = 200

export class Chat {
  messages: Message[] = []
  outgoing: Outgoing[] = []
  phase: Phase = "idle"
  hasOlder = false
  loadingOlder = false
  readonly typing: Typing
  private readonly api: Api
  private readonly socket: Socket
  private readonly store: Store
  private readonly view: ChatView
  /** The name of an anonymous visitor in the desk. */
  private readonly nameOf: () => string
  private held: Message[] = []
  private readonly keys = new Map<number, string>()
  private synced = 0
  private caughtUp = false
  private syncing = false
  private seen = 0
  private toldSeen = 0
  private looking = false
  private sending = false
  private timer = 0
  private over = false

  constructor(parts: { api: Api; socket: Socket; store: Store; view: ChatView; nameOf: () => string }) {
    this.api = parts.api
    this.socket = parts.socket
    this.store = parts.store
    this.view = parts.view
    this.nameOf = parts.nameOf
    this.typing = new Typing(() => this.view.changed())
    this.recall()
  }

  private key(what: string): string {
    return `${what}.${this.api.visitor.userId || "new"}`
  }

  /** False until the desk has given this visitor an id; messages written meanwhile wait. */
  private get introduced(): boolean {
    return !!this.api.visitor.userId
  }

  /** The desk has given the visitor an id: restores what this browser stored under this id or the one before. */
  adopt(known: Known, before: string): void {
    const written = this.outgoing
    this.store.set(this.key("unsent"), null)
    Object.assign(this.api.visitor, known)
    if (before && before !== known.userId) for (const what of ["seen", "unsent"]) moveKey(this.store, `${what}.${before}`, this.key(what))
    this.recall()
    this.outgoing.push(...written)
    this.keepUnsent()
    void this.sync()
    void this.pump()
  }

  /** The visitor has opened the chat, which needs its history from now on. */
  open(): void {
    if (this.phase !== "idle") return
    this.phase = "loading"
    this.view.changed()
    void this.sync()
  }

  /** Stops receiving, sending and notifying. */
  end(): void {
    this.over = true
    clearTimeout(this.timer)
    this.typing.stop()
    for (const item of this.outgoing) item.previews.forEach((url) => URL.revokeObjectURL(url))
  }

  /** Deletes what the browser has stored of this visitor. */
  forget(): void {
    for (const what of ["seen", "unsent"]) this.store.set(this.key(what), null)
  }

  // ---- receiving ----

  joined(): void {
    this.caughtUp = false
    this.tellSeen()
    void this.sync()
    this.retryLost()
  }

  lost(): void {
    this.caughtUp = false
    this.typing.stop()
    this.view.changed()
  }

  /** A live message. */
  hear(data: unknown): void {
    const entry = data as Entry
    if (!Number.isInteger(entry?.id) || typeof entry.message !== "string" || typeof entry.created_at !== "string") return
    const id = entry.id as number
    // The first message that this device ever receives: earlier ones do not count as unread.
    if (this.synced === 0 && this.phase === "idle") this.moveSynced(id - 1)
    if (entry.direction === "support") this.typing.stop()
    this.merge(toMessages([entry]))
    if (this.caughtUp) this.moveSynced(id)
  }

  private merge(news: readonly Message[], live = true): void {
    const known = new Map(this.messages.map((m) => [m.order, m]))
    for (const message of news) {
      if (message.id === null && this.messages.some((m) => m.id === null && m.text === message.text && m.at === message.at)) continue
      if (this.mayBeOutgoing(message)) {
        this.held.push(message)
        continue
      }
      const isNew = !known.has(message.order)
      const key = this.keys.get(message.order)
      if (key) message.key = key
      known.set(message.order, message)
      if (isNew && live && !message.mine && message.id !== null && message.id > this.seen) this.view.heard(message)
    }
    this.messages = [...known.values()].sort((a, b) => a.order - b.order)
    this.changed()
  }

  private mayBeOutgoing(message: Message): boolean {
    return message.mine && this.outgoing.some((o) => o.tries > 0 && message.order > o.afterId && (o.photos.length > 0 ? !!message.photo : o.text === message.text))
  }

  private release(): void {
    const held = this.held
    this.held = []
    if (held.length) this.merge(held)
  }

  private newest(): number {
    return this.messages.findLast((m) => m.id !== null)?.id ?? 0
  }

  private moveSynced(id: number): void {
    if (id <= this.synced) return
    this.synced = id
    if (!this.seen) this.setSeen(id)
  }

  /** The name of the operator who answered last. */
  get answering(): string | null {
    return this.messages.findLast((m) => !m.mine && m.name)?.name ?? null
  }

  // ---- fetching ----

  /** Fetches the newest page if it is needed, and what was missed since `synced`. */
  private async sync(): Promise<void> {
    if (this.syncing || this.over || !this.introduced) return
    this.syncing = true
    let failure: unknown
    try {
      if (this.phase === "loading") await this.loadNewest()
      if (this.synced) await this.catchUp()
      this.caughtUp = true
      if (this.socket.connected) this.socket.settled()
    } catch (error) {
      failure = error
    }
    this.syncing = false
    if (this.over || !failure) return
    if (isFinal(failure)) this.refuse(failure)
    else setTimeout(() => void (this.caughtUp || this.sync()), failure instanceof Refusal ? failure.retryMs : 3000)
  }

  refuse(why: Refusal): void {
    if (this.over || this.phase === "refused") return
    this.phase = "refused"
    this.socket.stop()
    this.view.refused(why)
    this.view.changed()
  }

  private async loadNewest(): Promise<void> {
    const { messages, has_more } = await this.api.history({ limit: pageSize })
    if (this.over) return
    this.phase = "ready"
    this.hasOlder = has_more
    const page = toMessages(messages)
    const first = page.find((m) => m.id !== null)?.id ?? 0
    // A full page that begins after the last known message leaves a gap, which is fetched from `synced` on.
    if (!this.synced || !this.hasOlder || first <= this.synced) this.synced = Math.max(this.synced, page.findLast((m) => m.id !== null)?.id ?? 0)
    this.merge(page, false)
  }

  private async catchUp(): Promise<void> {
    for (let full = true; full && !this.over; ) {
      const { messages, has_more } = await this.api.history({ limit: catchUpSize, after: this.synced })
      if (this.over) return
      full = has_more
      const page = toMessages(messages)
      this.merge(page)
      this.moveSynced(page.findLast((m) => m.id !== null)?.id ?? 0)
    }
    this.moveSynced(this.newest())
  }

  async loadOlder(): Promise<void> {
    const first = this.messages.find((m) => m.id !== null)?.id
    if (!this.hasOlder || this.loadingOlder || !first || this.phase !== "ready") return
    this.loadingOlder = true
    this.view.changed()
    try {
      const { messages, has_more } = await this.api.history({ limit: pageSize, before: first })
      this.hasOlder = has_more
      if (!this.over) this.merge(toMessages(messages), false)
    } catch {
      // The next scroll to the top tries again.
    }
    this.loadingOlder = false
    if (!this.over) this.view.changed()
  }

  // ---- read state ----

  get unread(): number {
    return this.messages.filter((m) => !m.mine && m.id !== null && m.id > this.seen).length
  }

  /** looking: the end of the list is visible to the visitor. */
  look(looking: boolean): void {
    this.looking = looking
    if (looking) this.markSeen()
  }

  /** Another tab has shown later messages. */
  seenElsewhere(key: string, value: string | null): void {
    if (key === this.key("seen") && Number(value) > this.seen) {
      this.seen = this.toldSeen = Number(value)
      this.changed()
    }
  }

  private markSeen(): void {
    const newest = this.newest()
    if (newest <= this.seen && this.toldSeen >= newest) return
    if (newest > this.seen) this.setSeen(newest)
    this.tellSeen()
    this.view.unread(this.unread)
  }

  private setSeen(id: number): void {
    this.seen = id
    this.store.set(this.key("seen"), String(id))
  }

  private tellSeen(): void {
    if (!this.looking || this.toldSeen >= this.seen || !this.seen) return
    if (this.socket.emit("read", { user_id: this.api.visitor.userId, message_id: this.seen })) this.toldSeen = this.seen
  }

  private changed(): void {
    if (this.looking) this.markSeen()
    this.view.unread(this.unread)
    this.view.changed()
  }

  // ---- sending ----

  send(text: string, photos: Blob[]): void {
    this.outgoing.push({
      clientId: randomId(), text, photos, previews: photos.map((photo) => URL.createObjectURL(photo)), at: Date.now(), afterId: this.newest(),
      state: "waiting", tries: 0, progress: 0, problem: undefined,
    })
    this.keepUnsent()
    this.changed()
    void this.pump()
  }

  retry(clientId: string): void {
    const item = this.outgoing.find((o) => o.clientId === clientId)
    if (!item || item.state === "sending") return
    item.problem = undefined
    this.view.changed()
    clearTimeout(this.timer)
    void this.pump()
  }

  discard(clientId: string): void {
    this.outgoing.find((o) => o.clientId === clientId)?.previews.forEach((url) => URL.revokeObjectURL(url))
    this.drop(clientId)
    this.changed()
    void this.pump()
  }

  /** The connection is back: sends lost messages at once. */
  retryLost(): void {
    for (const item of this.outgoing) if (item.problem?.kind === "lost") item.problem.retryAt = 0
    void this.pump()
  }

  private drop(clientId: string): void {
    this.outgoing = this.outgoing.filter((o) => o.clientId !== clientId)
    this.keepUnsent()
    this.release()
  }

  /** Sends in order, one at a time: a message that was lost delays later ones. */
  private async pump(): Promise<void> {
    if (this.sending || this.over || this.phase === "refused" || !this.introduced) return
    const next = this.outgoing.find((o) => o.problem?.kind !== "refused")
    if (!next) return
    const wait = (next.problem?.retryAt ?? 0) - Date.now()
    clearTimeout(this.timer)
    if (wait > 0) {
      this.timer = window.setTimeout(() => void this.pump(), wait)
      return
    }
    this.sending = true
    await this.sendOne(next)
    this.sending = false
    void this.pump()
  }

  private async sendOne(item: Outgoing): Promise<void> {
    Object.assign(item, { state: "sending", tries: item.tries + 1, progress: 0, problem: undefined })
    this.keepUnsent()
    this.view.changed()
    try {
      const sent = await this.api.send(item.text, item.photos, item.clientId, this.nameOf(), (part) => {
        item.progress = part
        this.view.changed()
      })
      if (this.over) return
      this.keys.set(sent.message_id, item.clientId)
      const shown: Message = { id: sent.message_id, order: sent.message_id, mine: true, text: item.text, entities: [], photo: sent.photo_urls[0] ?? null, at: item.at, name: null }
      // The other photos are messages of their own, whose ids come from the desk.
      const album = sent.photo_urls.length > 1 ? await this.fetchSince(sent.message_id) : []
      if (this.over) return
      this.drop(item.clientId)
      this.merge(album.length || this.messages.some((m) => m.id === shown.id) ? album : [shown])
    } catch (failure) {
      if (this.over) return
      item.state = "waiting"
      item.problem = problemOf(failure, item.tries)
      if (item.problem.kind === "refused") this.release()
      this.view.changed()
    }
  }

  private async fetchSince(id: number): Promise<Message[]> {
    try {
      return toMessages((await this.api.history({ limit: catchUpSize, after: id - 1 })).messages)
    } catch {
      return [] // they come over the socket too, or after the next join
    }
  }

  // ---- stored in the browser ----

  /** Unsent texts are stored, so that going to another page of the site loses none. */
  private keepUnsent(): void {
    const texts = this.outgoing.filter((o) => !o.photos.length && o.problem?.kind !== "refused").map(({ clientId, text, at, afterId, tries }) => ({ clientId, text, at, afterId, tries }))
    this.store.set(this.key("unsent"), texts.length ? JSON.stringify(texts) : null)
  }

  /** What this browser has stored of the visitor. */
  private recall(): void {
    this.seen = this.synced = Number(this.store.get(this.key("seen"))) || 0
    try {
      const texts = JSON.parse(this.store.get(this.key("unsent")) ?? "[]") as Pick<Outgoing, "clientId" | "text" | "at" | "afterId" | "tries">[]
      this.outgoing = texts.map((kept) => ({ ...kept, photos: [], previews: [], state: "waiting", progress: 0, problem: undefined }))
    } catch {
      this.outgoing = []
    }
  }
}
