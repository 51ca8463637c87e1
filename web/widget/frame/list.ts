// The list of messages. Rows have keys: a known row keeps its element, so pictures do not flicker, and the selection and the scroll
// position stay.
import type { frame as Words } from "../words/en"
import type { Chat } from "./chat"
import type { Outgoing } from "./message"
import { h, icon } from "./dom"
import { buildRows, type Bubble, type Row } from "./rows"
import { colorOf, initialsOf } from "./avatar"
import { format, type Piece } from "./rich"
import { isLargeEmoji } from "./text"

interface Shown {
  element: HTMLElement
  version: string
  update(row: Row): void
}

export interface ListParts {
  words: typeof Words
  language: string
  /** The URL of a picture for an img element, the thumbnail or the whole picture. */
  picture(path: string, small: boolean): Promise<string>
  view(photos: readonly string[], at: number): void
  retry(clientId: string): void
  discard(clientId: string): void
  /** The first loaded message is near. */
  atTop(): void
  /** The end became visible or hidden. */
  moved(): void
}

/** Within this distance of the end the list counts as at its end. */
const nearPx = 60

export class List {
  readonly element: HTMLElement
  readonly jump: HTMLElement
  atEnd = true
  private readonly parts: ListParts
  private readonly rows = h("ol", { role: "list", class: "rows" })
  private readonly top: HTMLElement
  private readonly empty: HTMLElement
  private readonly dots = h("div", { class: "dots", hidden: true, "aria-hidden": "true" }, h("i"), h("i"), h("i"))
  private readonly jumpText = h("span")
  private shown = new Map<string, Shown>()
  private drawn = false
  private news = false
  private readonly time: Intl.DateTimeFormat
  private readonly day: Intl.DateTimeFormat
  private readonly dayYear: Intl.DateTimeFormat

  constructor(parts: ListParts) {
    const { words, language } = parts
    this.parts = parts
    this.time = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" })
    this.day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" })
    this.dayYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" })
    this.top = h("div", { class: "top", hidden: true }, h("span", { class: "spinner", role: "status", "aria-label": words.older }))
    this.empty = h("div", { class: "empty", hidden: true }, h("span", { class: "mark" }, icon("talk")), h("h2", {}, words.empty), h("p", {}, words.emptyBody))
    this.element = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.messages, scroll: () => this.scrolled() }, this.top, this.empty, this.rows, this.dots)
    this.jump = h("button", { type: "button", class: "jump", hidden: true, "aria-label": words.toEnd, click: () => this.toEnd(true) }, this.jumpText, icon("down"))
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(this.element)
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(this.rows)
  }

  /** Focuses the list without a focus ring until a key is pressed in it, since the visitor did not move the focus. */
  focus(): void {
    const loud = new AbortController()
    const quiet = (on: boolean): void => {
      this.element.classList.toggle("quiet", on)
      if (!on) loud.abort()
    }
    quiet(true)
    for (const event of ["keydown", "blur"]) this.element.addEventListener(event, () => quiet(false), { signal: loud.signal })
    this.element.focus({ preventScroll: true })
  }

  toEnd(smooth = false): void {
    this.atEnd = true
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    this.element.scrollTo({ top: this.element.scrollHeight, behavior: smooth && !calm ? "smooth" : "auto" })
    this.showJump()
  }

  /** A message of the support has arrived. */
  heard(): void {
    if (!this.atEnd) this.news = true
  }

  /** Removes everything for another visitor. */
  clear(): void {
    this.rows.replaceChildren()
    this.shown.clear()
    this.drawn = this.news = false
    this.atEnd = true
  }

  /** offline: missing messages will not arrive soon, so the list does not wait for them. */
  draw(chat: Chat, offline: boolean): void {
    const rows = buildRows(chat.messages, chat.outgoing)
    const { element } = this
    const fromEnd = element.scrollHeight - element.scrollTop
    const firstBefore = this.rows.firstElementChild
    const ownNew = this.place(rows)
    this.top.hidden = !chat.loadingOlder
    this.dots.hidden = !chat.typing.who
    this.empty.hidden = rows.length > 0 || !(chat.phase === "ready" || (chat.phase === "loading" && offline))
    const prepended = firstBefore !== null && firstBefore !== this.rows.firstElementChild
    if (ownNew || this.atEnd) this.toEnd()
    else if (prepended) element.scrollTop = element.scrollHeight - fromEnd
    this.drawn ||= chat.phase === "ready"
    this.showJump()
  }

  /** True if there is a new message of the visitor. */
  private place(rows: readonly Row[]): boolean {
    const next = new Map<string, Shown>()
    let at = this.rows.firstElementChild
    let ownNew = false
    for (const row of rows) {
      const version = row.kind === "day" ? "day" : `${row.mine}${row.photos.length} ${row.name ?? ""} ${row.text} ${JSON.stringify(row.entities)}`
      let shown = this.shown.get(row.key)
      const isNew = !shown
      if (shown?.version !== version) {
        if (shown?.element === at) at = at?.nextElementSibling ?? null
        shown?.element.remove()
        shown = row.kind === "day" ? this.makeDay(version) : this.makeBubble(row, version)
        if (isNew && this.drawn && row === rows.at(-1)) shown.element.classList.add("new")
      }
      if (isNew && row.kind === "bubble" && row.outgoing) ownNew = true
      shown.update(row)
      next.set(row.key, shown)
      if (shown.element === at) at = at.nextElementSibling
      else this.rows.insertBefore(shown.element, at)
    }
    for (const [key, { element }] of this.shown) if (!next.has(key)) element.remove()
    this.shown = next
    return ownNew
  }

  // ---- rows ----

  private makeDay(version: string): Shown {
    const label = h("span")
    return {
      element: h("li", { class: "day" }, label),
      version,
      update: (row) => {
        label.textContent = this.dayName(row.at)
      },
    }
  }

  private dayName(at: number): string {
    const { words } = this.parts
    const date = new Date(at)
    const today = new Date()
    const midnight = (d: Date): number => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime()
    const ago = Math.round((midnight(today) - midnight(date)) / 86_400_000)
    if (ago === 0) return words.today
    if (ago === 1) return words.yesterday
    return (date.getFullYear() === today.getFullYear() ? this.day : this.dayYear).format(date)
  }

  private makeBubble(first: Bubble, version: string): Shown {
    const { words } = this.parts
    let now = first
    const bar = h("i")
    const body = h("div", { class: "body" }, h("span", { class: "unseen" }, `${first.mine ? words.you : (first.name ?? words.support)}: `))
    if (first.photos.length) body.append(this.makePhotos(first, () => now), ...(first.outgoing ? [h("div", { class: "bar", "aria-hidden": "true" }, bar)] : []))
    if (first.text) body.append(this.makeText(first))
    const meta = h("div", { class: "meta" })
    const initials = initialsOf(first.name ?? "")
    const avatar = first.mine ? undefined : h("span", { class: `avatar${initials ? "" : " nobody"}`, "aria-hidden": "true" }, initials || icon("talk"))
    if (avatar && initials) avatar.style.background = colorOf(first.name ?? "")
    const name = first.name ? h("div", { class: "name", "aria-hidden": "true" }, first.name) : undefined
    const element = h("li", { "data-testid": "widget-message" }, name, h("div", { class: "said" }, avatar, body), meta)
    const large = !first.photos.length && isLargeEmoji(first.text)
    let told = ""
    return {
      element,
      version,
      update: (row) => {
        now = row as Bubble
        const { outgoing } = now
        const state = outgoing ? (outgoing.problem ? outgoing.problem.kind : outgoing.state) : "sent"
        element.className = `bubble ${now.mine ? "mine" : "theirs"}${now.head ? " head" : ""}${now.tail ? " tail" : ""}${large ? " large" : ""}${now.photos.length ? " has-photo" : ""} ${state}${element.classList.contains("new") ? " new" : ""}`
        element.dataset["state"] = state
        name?.toggleAttribute("hidden", !now.head)
        avatar?.classList.toggle("away", !now.tail)
        bar.style.width = `${Math.round((outgoing?.progress ?? 1) * 100)}%`
        bar.parentElement?.toggleAttribute("hidden", state !== "sending")
        // Rewritten only if it changes: a button that is being pressed must not disappear.
        const says = `${state}${now.tail}${outgoing ? this.stateText(outgoing) : this.time.format(now.at)}`
        if (says !== told) meta.replaceChildren(...this.makeMeta(now))
        told = says
      },
    }
  }

  private stateText({ state, progress, problem, photos }: Outgoing): string {
    const { words } = this.parts
    if (problem?.kind === "lost") return words.notSent
    if (problem?.kind === "busy") return words.waitingFor(Math.max(1, Math.ceil((problem.retryAt - Date.now()) / 1000)))
    if (problem?.code === "quota_exceeded") return problem.field === "photo" ? words.refusedQuota : words.refusedToday
    if (problem) return problem.status === 413 ? words.refusedLarge : problem.status === 401 ? words.refusedAccess : problem.field === "photo" ? words.refusedPhoto : words.refusedText
    if (state === "waiting") return words.waiting
    return photos.length && progress > 0 && progress < 1 ? words.sendingPercent(Math.round(progress * 100)) : words.sending
  }

  private makeMeta(row: Bubble): Node[] {
    const { words, retry, discard } = this.parts
    const { outgoing } = row
    if (!outgoing) return row.tail ? [h("time", { datetime: new Date(row.at).toISOString() }, this.time.format(row.at))] : []
    const text = this.stateText(outgoing)
    const { clientId, problem } = outgoing
    if (!problem || problem.kind === "busy") return [h("span", {}, text)]
    const again = h("button", { type: "button", class: "again", click: () => retry(clientId) }, problem.kind === "lost" ? words.retryNow : words.retry)
    const away = h("button", { type: "button", class: "away", click: () => discard(clientId) }, words.discard)
    return problem.kind === "lost" ? [h("span", {}, text), again, away] : [h("span", { class: "reason", role: "alert" }, icon("alert"), text), again, away]
  }

  private makeText({ text, entities }: Bubble): HTMLElement {
    return h("div", { class: "text", dir: "auto" }, ...format(text, entities).map((piece) => this.makePiece(piece)))
  }

  private makePiece(piece: Piece): Node | string {
    if ("text" in piece) return piece.text
    const inside = piece.inside.map((one) => this.makePiece(one))
    if ("href" in piece) return h("a", { href: piece.href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...inside)
    if (piece.mark === "pre") return h("pre", { tabindex: 0 }, ...inside)
    return piece.mark === "spoiler" ? this.makeSpoiler(inside) : h(piece.mark, {}, ...inside)
  }

  /** Hidden until it is pressed, also for screen readers. */
  private makeSpoiler(inside: readonly (Node | string)[]): HTMLElement {
    const { words } = this.parts
    const under = h("span", { "aria-hidden": "true" }, ...inside)
    const cover = h("span", { class: "spoiler", role: "button", tabindex: 0, "aria-label": words.spoiler }, under)
    under.inert = true
    const show = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return
      event.preventDefault()
      under.inert = false
      under.removeAttribute("aria-hidden")
      for (const name of ["role", "tabindex", "aria-label"]) cover.removeAttribute(name)
      cover.className = "spoiler shown"
      for (const name of ["click", "keydown"]) cover.removeEventListener(name, show)
    }
    for (const name of ["click", "keydown"]) cover.addEventListener(name, show)
    return cover
  }

  private makePhotos(row: Bubble, now: () => Bubble): HTMLElement {
    const { words, picture, view } = this.parts
    const grid = h("div", { class: `photos n${Math.min(row.photos.length, 4)}` })
    row.photos.forEach((path, i) => {
      const img = h("img", { alt: words.photo, decoding: "async", draggable: "false" })
      const tile = h("button", { type: "button", "aria-label": words.openPhoto, click: () => view(now().photos, i) }, img)
      const failed = (): void => tile.replaceChildren(h("span", { class: "failed" }, words.photoFailed))
      img.addEventListener("error", failed)
      img.addEventListener("load", () => tile.classList.add("loaded"))
      picture(path, true).then((url) => (img.src = url), failed)
      grid.append(tile)
    })
    return grid
  }

  // ---- scrolling ----

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element
    this.atEnd = scrollHeight - scrollTop - clientHeight < nearPx
    if (this.atEnd) this.news = false
    if (scrollTop < 300) this.parts.atTop()
    this.showJump()
    this.parts.moved()
  }

  private showJump(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element
    if (this.atEnd) this.news = false
    this.jump.hidden = this.atEnd || (!this.news && scrollHeight - scrollTop - clientHeight < 2 * clientHeight)
    this.jumpText.textContent = this.news ? this.parts.words.newMessages : ""
    this.jump.classList.toggle("news", this.news)
  }
}
