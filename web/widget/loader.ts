// /widget.js: what a site includes, with one script tag. It draws the round button in a shadow root, keeps the chat in a
// frame of the desk's own origin, and offers the page window.Switchboard. It waits with the frame until the page has
// loaded, writes nothing into the page's storage, and changes nothing of the page, except that the body is inert while the
// chat covers a small screen.
import { textOn } from "./color"
import { css, hostStyle } from "./loader-style"
import { greeting, type Hello, type ToFrame, type ToPage } from "./protocol"
import { readSettings, readVisitor, type Given } from "./settings"
import { loader as en } from "./words/en"
import { loader as ru } from "./words/ru"

type Listener = (value: number | undefined) => void
type EventName = "unread" | "open" | "close"

export interface Switchboard {
  open(): void
  close(): void
  toggle(): void
  /** Changes the user; null: the visitor has signed out. */
  identify(visitor: { userId?: string; userName?: string; userHash?: string } | null): void
  /** Calls back at every change, and at once for "unread"; the returned function ends that. */
  on(event: EventName, listener: Listener): () => void
  destroy(): void
  readonly isOpen: boolean
  readonly unread: number
}

declare global {
  interface Window {
    Switchboard?: Switchboard
    SwitchboardSettings?: Given
  }
}

const smallScreen = "(max-width: 600px), (max-height: 500px) and (pointer: coarse)"
/** The time after which the visitor is told that the frame has not loaded. */
const patienceMs = 15_000

function icon(name: string, ...paths: string[]): SVGElement {
  const space = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(space, "svg")
  for (const [key, value] of Object.entries({ class: name, viewBox: "0 0 28 28", fill: "none", "aria-hidden": "true", stroke: "currentColor", "stroke-width": "2.2", "stroke-linecap": "round", "stroke-linejoin": "round" }))
    svg.setAttribute(key, value)
  for (const d of paths) svg.appendChild(document.createElementNS(space, "path")).setAttribute("d", d)
  return svg
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}

function start(script: HTMLScriptElement): void {
  const desk = new URL(script.src).origin
  const settings = readSettings({ ...script.dataset, ...window.SwitchboardSettings }, document.documentElement.lang, navigator.languages)
  const words = settings.language === "ru" ? ru : en
  const say = (problem: string): void => console.warn(`[Switchboard] ${problem}`)
  if (settings.userId && !settings.userHash) say("data-user-id without data-user-hash: whoever reads data-app-key in this page can read every chat. Sign the id on your server.")

  const listeners: Record<EventName, Set<Listener>> = { unread: new Set(), open: new Set(), close: new Set() }
  const tell = (event: EventName, value?: number): void => listeners[event].forEach((listener) => listener(value))
  const small = matchMedia(smallScreen)
  const dark = matchMedia("(prefers-color-scheme: dark)")
  const over = new AbortController()
  const { signal } = over

  let isOpen = false
  let unread = 0
  let port: MessagePort | undefined
  let frame: HTMLIFrameElement | undefined
  let patience = 0
  let undoCover: (() => void) | undefined

  // ---- the elements in the page ----
  const host = element("div")
  for (const [name, value] of Object.entries(hostStyle)) host.style.setProperty(name, value, "important")
  const root = host.attachShadow({ mode: "open" })
  const section = element("section")
  const launcher = element("button", "launcher")
  const badge = element("span", "badge")
  const panel = element("div", "panel")
  const lost = element("div", "lost")
  const again = element("button", "", words.retry)
  section.ariaLabel = settings.title || words.title
  section.style.setProperty("--color", settings.color)
  section.style.setProperty("--on-color", textOn(settings.color))
  launcher.type = again.type = "button"
  launcher.append(
    icon("talk", "M14 4.5c-5.8 0-10.2 3.9-10.2 8.9 0 2.6 1.2 4.9 3.1 6.5l-.6 3.8 4.2-1.8c1.1.3 2.3.5 3.5.5 5.8 0 10.2-3.9 10.2-9S19.800 4.500 14 4.500Z", "M9.800 13.500h.01M14 13.500h.01M18.200 13.500h.01"),
    icon("shut", "m7.500 11 6.500 6.500 6.500-6.500"),
    badge,
  )
  badge.ariaHidden = "true"
  lost.setAttribute("role", "alert")
  panel.append(lost)
  section.append(panel, launcher)
  if ("adoptedStyleSheets" in root && "replaceSync" in CSSStyleSheet.prototype) {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
  } else root.append(element("style", "", css))
  root.append(section)

  const paint = (): void => {
    const isDark = settings.theme === "dark" || (settings.theme === "auto" && dark.matches)
    section.className = `${settings.position}${isOpen ? " open" : ""}${small.matches ? " sheet" : ""}${isDark ? " dark" : ""}${settings.launcher ? "" : " bare"}${section.classList.contains("failed") ? " failed" : ""}`
    launcher.ariaExpanded = String(isOpen)
    launcher.ariaLabel = isOpen ? words.close : unread ? words.unread(unread) : words.open
    badge.textContent = unread && !isOpen ? (unread > 99 ? "99+" : String(unread)) : ""
    // The panel is above a keyboard that covers part of the screen.
    const seen = isOpen && small.matches ? window.visualViewport : null
    panel.style.height = seen ? `${seen.height}px` : ""
    panel.style.top = seen ? `${seen.offsetTop}px` : ""
  }

  /** While the chat covers the screen, the page beneath neither scrolls nor takes the focus. */
  const cover = (): void => {
    const wanted = isOpen && small.matches
    if (!wanted) undoCover?.()
    if (!wanted || undoCover) return
    const page = document.documentElement
    const { body } = document
    const before = { overflow: page.style.overflow, inert: body.inert }
    page.style.overflow = "hidden"
    body.inert = true
    undoCover = () => {
      page.style.overflow = before.overflow
      body.inert = before.inert
      undoCover = undefined
    }
  }

  // ---- the frame ----
  const send = (message: ToFrame): void => port?.postMessage(message)
  const shown = () => ({ open: isOpen, sheet: small.matches })

  const hear = (message: ToPage): void => {
    if (message.say === "ready") {
      clearTimeout(patience)
      section.classList.remove("failed")
      if (isOpen) frame?.focus()
    } else if (message.say === "close") {
      api.close()
      if (settings.launcher) launcher.focus()
    } else if (message.say === "unread" && message.count !== unread) {
      unread = Math.max(0, Math.floor(Number(message.count)) || 0)
      paint()
      tell("unread", unread)
    }
  }

  const greet = (): void => {
    port?.close()
    const channel = new MessageChannel()
    port = channel.port1
    port.onmessage = (event: MessageEvent<ToPage>) => hear(event.data)
    const { userId, userName, userHash, appKey, color, language, theme, title } = settings
    const hello: Hello = { type: greeting, settings: { userId, userName, userHash, appKey, color, language, theme, title }, ...shown() }
    frame?.contentWindow?.postMessage(hello, desk, [channel.port2])
  }

  const load = (): void => {
    if (frame) return
    frame = element("iframe")
    frame.title = settings.title || words.title
    frame.referrerPolicy = "no-referrer"
    frame.allow = "clipboard-write"
    frame.src = `${desk}/widget/`
    frame.addEventListener("load", greet)
    panel.prepend(frame)
    patience = window.setTimeout(() => {
      section.classList.add("failed")
      lost.replaceChildren(element("span", "", words.unavailable), again)
      say(`${desk}/widget/ did not load. Is the desk running, does this site's policy allow frames of it (frame-src), and does WIDGET_ORIGINS of the desk name ${location.origin}, or nobody?`)
    }, patienceMs)
  }

  const loadAnew = (): void => {
    frame?.remove()
    frame = undefined
    section.classList.remove("failed")
    load()
  }

  const change = (open: boolean): void => {
    if (open === isOpen) return
    isOpen = open
    if (open) load()
    paint()
    cover()
    send({ do: "show", ...shown() })
    if (open) frame?.focus()
    tell(open ? "open" : "close")
  }

  const api: Switchboard = {
    open: () => change(true),
    close: () => change(false),
    toggle: () => change(!isOpen),
    identify(visitor) {
      Object.assign(settings, readVisitor((visitor ?? {}) as Given))
      const { userId, userName, userHash } = settings
      send({ do: "identify", userId, userName, userHash })
    },
    on(event, listener) {
      listeners[event]?.add(listener)
      if (event === "unread") listener(unread)
      return () => void listeners[event]?.delete(listener)
    },
    destroy() {
      over.abort()
      clearTimeout(patience)
      undoCover?.()
      port?.close()
      host.remove()
      for (const all of Object.values(listeners)) all.clear()
      delete window.Switchboard
    },
    get isOpen() {
      return isOpen
    },
    get unread() {
      return unread
    },
  }

  launcher.addEventListener("click", api.toggle)
  launcher.addEventListener("pointerenter", load, { once: true })
  again.addEventListener("click", loadAnew)
  root.addEventListener("keydown", (event) => {
    if ((event as KeyboardEvent).key === "Escape" && isOpen) api.close()
  })
  const changed = (): void => {
    paint()
    cover()
    send({ do: "show", ...shown() })
  }
  small.addEventListener("change", changed, { signal })
  dark.addEventListener("change", paint, { signal })
  for (const event of ["resize", "scroll"]) window.visualViewport?.addEventListener(event, () => isOpen && paint(), { signal })

  paint()
  // Beside the body, not in it, so that a transformed, replaced or hidden body does not affect the chat.
  document.documentElement.append(host)
  window.Switchboard = api
  window.dispatchEvent(new CustomEvent("switchboard:ready", { detail: api }))

  const whenIdle = (): void => {
    if (signal.aborted) return
    if ("requestIdleCallback" in window) requestIdleCallback(load, { timeout: 3000 })
    else setTimeout(load, 500)
  }
  if (document.readyState === "complete") whenIdle()
  else window.addEventListener("load", whenIdle, { once: true, signal })
}

const own = (document.currentScript as HTMLScriptElement | null) ?? document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]')
if (window.Switchboard) console.warn("[Switchboard] The script tag stands twice in this page; the second does nothing.")
else if (own) start(own)
