// The page in the frame: waits for the greeting of the site's script, then starts the chat. It accepts one greeting, from its parent
// window, and afterwards only messages of the port in that greeting.
import { defaultColor, seenOnBoth, textOn } from "../color"
import { greeting, type FrameSettings, type Hello, type Shown, type ToFrame, type ToPage, type Visitor } from "../protocol"
import { frame as en } from "../words/en"
import { frame as ru } from "../words/ru"
import { Api, isFinal, Refusal } from "./api"
import { initialsOf } from "./avatar"
import { Chat } from "./chat"
import { Composer } from "./composer"
import { button, h, icon, soon } from "./dom"
import { List } from "./list"
import { Socket } from "./socket"
import { followStore, openStore, randomId } from "./store"
import { openViewer } from "./viewer"

const store = openStore("localStorage")
const visitorKey = "visitor"
const secretKey = "secret"
/** The claim with which an id that this browser generated is exchanged, so that the request can be repeated. */
const claimKey = "claim"
/** An id that this browser generated, in a version before the desk generated ids. */
const isOwnMaking = (id: string): boolean => id.startsWith("web-")
/** Between two requests for a visitor's id while the desk cannot be reached. */
const introduceMs = 3000
/** After a join was refused for another reason than the credentials. */
const rejoinMs = 5000

/** The number in a visitor's name. It is computed from the id, so it is the same at every visit and need not be stored. */
function shortNumber(id: string): number {
  let sum = 7
  for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) >>> 0
  return 1000 + (sum % 9000)
}

function run(settings: FrameSettings, first: Shown, port: MessagePort): void {
  const words = settings.language === "ru" ? ru : en
  const say = (message: ToPage): void => port.postMessage(message)
  let shown = first
  let visitor: Visitor = settings
  let api: Api | undefined
  let chat: Chat | undefined
  let socket: Socket | undefined
  const pictures = new Map<string, Promise<string>>()

  // ---- the page ----
  const root = document.documentElement
  root.lang = settings.language
  root.dataset["theme"] = settings.theme
  root.style.setProperty("--accent", settings.color)
  root.style.setProperty("--on-accent", textOn(settings.color))
  if (settings.color !== defaultColor && seenOnBoth(settings.color)) root.style.setProperty("--ring", settings.color)
  document.title = settings.title || words.title

  const live = h("div", { class: "unseen", "aria-live": "polite" })
  const state = h("p", { class: "state" }, words.subtitle)
  const banner = h("p", { class: "banner", role: "status", hidden: true })
  const body = h("main")
  const dropzone = h("div", { class: "dropzone", hidden: true }, icon("photo"), words.drop)
  const loading = h("div", { class: "loading", role: "status", "aria-label": words.loading }, ...[1, 2, 3].map((n) => h("i", { class: `ghost g${n}` })))

  const redraw = soon(() => draw())
  const picture = (path: string, small: boolean): Promise<string> => {
    if (!path.startsWith("/uploads/")) return Promise.resolve(path)
    const address = small ? `${path}?size=thumb` : path
    const known = pictures.get(address) ?? api?.picture(address) ?? Promise.reject(new Error("no chat"))
    pictures.set(address, known)
    known.catch(() => pictures.delete(address))
    return known
  }
  const list = new List({
    words,
    language: settings.language,
    picture,
    view: (photos, at) => openViewer(words, photos, at, (path) => picture(path, false)),
    retry: (id) => chat?.retry(id),
    discard: (id) => chat?.discard(id),
    atTop: () => void chat?.loadOlder(),
    moved: () => look(),
  })
  const composer = new Composer({
    words,
    draft: openStore("sessionStorage"),
    send: (text, photos) => {
      list.atEnd = true
      chat?.send(text, photos)
    },
  })
  const face = h("span", { class: "mark", "aria-hidden": "true" }, icon("talk"))
  const head = h("header", {}, face, h("div", { class: "name" }, h("h1", {}, settings.title || words.title), state), button(words.close, "down", "close", () => say({ say: "close" })))
  body.append(loading, list.element, list.jump, composer.element)
  document.body.append(head, banner, body, dropzone, live)

  function draw(): void {
    const phase = chat?.phase ?? "idle"
    const offline = !navigator.onLine || (!socket?.connected && lostLong)
    loading.hidden = (phase !== "loading" && phase !== "idle") || offline
    list.element.hidden = list.element.hidden && phase !== "ready"
    if (phase === "ready") list.element.hidden = false
    composer.element.hidden = phase === "refused"
    const text = phase === "refused" ? "" : phase === "idle" ? words.subtitle : offline ? words.noConnection : socket?.connected ? whoAnswers() : words.connecting
    if (state.textContent !== text) state.textContent = text
    drawFace(phase === "refused" ? null : (chat?.typing.who?.name ?? chat?.answering ?? null))
    banner.hidden = phase === "refused" || phase === "idle" || !offline
    if (!banner.hidden && banner.textContent !== words.offline) banner.textContent = words.offline
    if (chat && phase !== "refused") list.draw(chat, offline)
    look()
    clearTimeout(tick)
    if (chat?.outgoing.some((o) => o.problem?.kind === "busy")) tick = window.setTimeout(redraw, 500)
  }
  let tick = 0

  function whoAnswers(): string {
    if (chat?.typing.who) return words.typing(chat.typing.who.name ?? chat.answering ?? "")
    return chat?.answering ? words.answers(chat.answering) : words.subtitle
  }

  let faceOf: string | null = null
  function drawFace(name: string | null): void {
    const initials = initialsOf(name ?? "")
    if (faceOf === initials) return
    faceOf = initials
    face.replaceChildren(initials || icon("talk"))
    face.classList.toggle("known", !!initials)
  }

  function refusedPage(): void {
    list.element.remove()
    loading.remove()
    list.jump.remove()
    body.prepend(h("div", { class: "empty refused", role: "alert" }, h("span", { class: "mark" }, icon("talk")), h("h2", {}, words.refused), h("p", {}, words.refusedBody)))
  }

  // ---- visibility ----
  const look = (): void => chat?.look(shown.open && document.visibilityState === "visible" && list.atEnd && chat.phase === "ready")

  // A short loss of the connection shows no banner.
  let lostLong = false
  let lostTimer = 0
  const connection = (up: boolean): void => {
    clearTimeout(lostTimer)
    if (up) lostLong = false
    else lostTimer = window.setTimeout(() => {
      lostLong = true
      redraw()
    }, 4000)
    redraw()
  }

  // ---- the visitor ----
  const explain = (why: Refusal): void => {
    const hint = !visitor.userId || why.status === 403
      ? "Visitors who have not signed in are not taken here (WIDGET_VISITORS): give data-user-id and data-user-hash, made by your server."
      : visitor.userHash
        ? "data-user-hash is not the HMAC-SHA256 of data-user-id by the desk's signing secret."
        : settings.appKey
          ? "Compare data-app-key with the key under Settings → Apps, or better: let your server sign the id (data-user-hash)."
          : "A data-user-id needs a data-user-hash, made by your server with the signing secret under Settings → Apps."
    console.warn(`[Switchboard] The desk refused the chat: ${why.message} ${hint}`)
    refusedPage()
  }

  const forgetVisitor = (): void => {
    store.set(visitorKey, null)
    store.set(secretKey, null)
    store.set(claimKey, null)
  }

  /** anonymous: without an id so far, or with a visitor's id. */
  const begin = (who: Visitor, anonymous: boolean): void => {
    const own = new Api(settings.appKey, settings.language, { ...who, userId: who.userHash || !anonymous ? who.userId : "" })
    const join = (): void => void line.emit("join_chat", { user_id: own.visitor.userId })
    const line = new Socket(location.origin, {
      auth: () => own.credentials(),
      connected: () => {
        join()
        connection(true)
      },
      lost: () => {
        talk.lost()
        connection(false)
      },
      event: (name, data) => {
        if (name === "joined") talk.joined()
        else if (name === "new_message") talk.hear(data)
        else if (name === "typing") talk.typing.hear(data)
        else if (name === "error") refusedJoin(data as { message?: string; code?: string } | undefined)
      },
    })
    const refusedJoin = (data: { message?: string; code?: string } | undefined): void => {
      if (data?.code === "forbidden") talk.refuse(new Refusal(403, { error: data.message, code: data.code }, null))
      else if (data?.code === "unauthorized" || data?.code === "invalid_field") talk.refuse(new Refusal(401, { error: data.message, code: data.code }, null))
      else setTimeout(join, rejoinMs)
    }
    const talk = new Chat({
      api: own,
      socket: line,
      store,
      nameOf: () => (anonymous && !who.userName ? `${words.visitor} ${shortNumber(own.visitor.userId)}` : who.userName),
      view: {
        changed: redraw,
        heard: (message) => {
          list.heard()
          live.replaceChildren(h("p", {}, `${message.name ?? words.support}: ${message.text || words.photo}`))
        },
        unread: (count) => say({ say: "unread", count }),
        refused: (why) => {
          // The desk refuses the secret because its own key has changed: the visitor gets a new id, once.
          if (!anonymous || !who.userHash || why.status !== 401) return explain(why)
          forgetVisitor()
          leave()
          appear()
        },
      },
    })
    api = own
    socket = line
    chat = talk
    connection(false)
    if (!own.visitor.userId) return void introduce(who.userId)
    line.start()
    talk.retryLost()

    async function introduce(known: string): Promise<void> {
      try {
        const claim = store.get(claimKey) ?? randomId()
        if (known) store.set(claimKey, claim)
        const made = await own.become(known, claim)
        if (chat !== talk) return
        // Another tab may have requested an id at the same time: both then use the same one.
        const [userId, userHash] = [store.get(visitorKey), store.get(secretKey)]
        const kept = userId && userHash && !isOwnMaking(userId) ? { userId, userHash } : made
        store.set(visitorKey, kept.userId)
        store.set(secretKey, kept.userHash)
        store.set(claimKey, null)
        talk.adopt(kept, known)
        line.start()
      } catch (failure) {
        if (chat !== talk) return
        // The desk does not know the id that this browser generated, and creates another one.
        if (known && isFinal(failure) && failure.status !== 401) return introduce("")
        if (isFinal(failure)) talk.refuse(failure)
        else setTimeout(() => chat === talk && void introduce(known), failure instanceof Refusal ? failure.retryMs : introduceMs)
      }
    }
  }

  /** A visitor gets an id when they open the chat, not before, so that mere readers of a site get none. */
  const appear = (): void => {
    const userId = store.get(visitorKey) ?? ""
    const kept = { userId, userHash: isOwnMaking(userId) ? "" : (store.get(secretKey) ?? "") }
    if (!chat && visitor.userId) begin(visitor, false)
    else if (!chat && (kept.userId || shown.open)) begin({ ...visitor, ...kept }, true)
    if (shown.open) chat?.open()
    redraw()
  }

  const leave = (): void => {
    chat?.end()
    chat?.forget()
    socket?.stop()
    chat = socket = api = undefined
    for (const known of pictures.values()) known.then((url) => url.startsWith("blob:") && URL.revokeObjectURL(url), () => {})
    pictures.clear()
    composer.clear()
    list.clear()
    say({ say: "unread", count: 0 })
  }

  /** On a phone the list is focused, since the keyboard would cover the messages. */
  const takeFocus = (): void => (shown.sheet ? list : composer).focus()

  const show = (next: Shown): void => {
    const opened = next.open && !shown.open
    shown = next
    root.classList.toggle("sheet", shown.sheet)
    if (opened) {
      appear()
      list.toEnd()
      takeFocus()
    }
    look()
  }

  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    if (data.do === "show") show({ open: data.open === true, sheet: data.sheet === true })
    else if (data.do === "identify") {
      const { userId, userName, userHash } = data
      const same = userId === visitor.userId && userHash === visitor.userHash && userName === visitor.userName
      visitor = { userId, userName, userHash }
      if (same) return
      leave()
      appear()
    }
  }

  // ---- the window ----
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]")) say({ say: "close" })
  })
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") socket?.hurry()
    redraw()
  })
  window.addEventListener("online", () => {
    socket?.hurry()
    chat?.retryLost()
    redraw()
  })
  window.addEventListener("offline", () => {
    socket?.drop()
    redraw()
  })
  followStore((key, value) => chat?.seenElsewhere(key, value))
  followDrops(dropzone, (files) => composer.add(files))

  root.classList.toggle("sheet", shown.sheet)
  appear()
  if (shown.open) takeFocus()
  say({ say: "ready" })
}

function followDrops(zone: HTMLElement, dropped: (files: File[]) => void): void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    zone.hidden = false
  })
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.hidden = true
  })
  document.addEventListener("drop", (event) => {
    zone.hidden = true
    if (!hasFiles(event)) return
    event.preventDefault()
    dropped([...(event.dataTransfer?.files ?? [])])
  })
}

function isHello(data: unknown): data is Hello {
  return typeof data === "object" && data !== null && (data as Hello).type === greeting && typeof (data as Hello).settings?.appKey === "string"
}

window.addEventListener("message", function hear(event: MessageEvent) {
  const [port] = event.ports
  if (event.source !== window.parent || window.parent === window || !isHello(event.data) || !port) return
  window.removeEventListener("message", hear)
  run(event.data.settings, { open: event.data.open, sheet: event.data.sheet }, port)
})
