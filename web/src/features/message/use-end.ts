import type { Virtualizer } from "@tanstack/react-virtual"
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react"
import { useLatest } from "@/shared/lib/hooks"
import type { ThreadItem } from "./items"

const nearEndPx = 80
const nearStartPx = 900
/** So long must heights rest until the place where reading goes on is certain. */
const settleMs = 250

interface End {
  scroller: RefObject<HTMLDivElement | null>
  items: readonly ThreadItem[]
  virtual: Virtualizer<HTMLDivElement, Element>
  /** Newer messages exist that are not loaded: the end of what is loaded is not the end. */
  open: boolean
  loadOlder: () => Promise<void>
  loadingOlder: boolean
  loadNewer: () => Promise<void>
  skipToNewest: () => Promise<void>
  onMoved: () => void
}

/** Where one stands in the thread: lands at the first unread message, stays at the end, asks for pages in time. */
export function useEnd({ scroller, items, virtual, open, loadOlder, loadingOlder, loadNewer, skipToNewest, onMoved }: End) {
  const [atEnd, setAtEnd] = useState(false)
  const landed = useRef(false)
  const pinned = useRef(false)
  /** While bubbles are measured for the first time, the unread line is held at the top. */
  const settling = useRef<ReturnType<typeof setTimeout> | null>(null)
  /** On the way to newest messages that are not drawn yet. */
  const skipping = useRef(false)
  const latest = useLatest({ items, open, onMoved, loadNewer, loadOlder })
  const lastKey = items.at(-1)?.key ?? null
  const lastIsMine = items.at(-1)?.type === "outgoing"
  const total = virtual.getTotalSize()

  const look = useCallback(() => {
    const element = scroller.current
    if (!element || !landed.current) return
    const below = element.scrollHeight - element.scrollTop - element.clientHeight
    const end = below < nearEndPx && !latest.current.open
    if (end) skipping.current = false
    if (settling.current === null && !skipping.current) pinned.current = end
    setAtEnd(end)
    if (element.scrollTop < nearStartPx) void latest.current.loadOlder()
    if (below < nearStartPx) void latest.current.loadNewer()
    latest.current.onMoved()
  }, [scroller, latest])

  const toUnread = useCallback(() => {
    const at = latest.current.items.findIndex(({ type }) => type === "unread")
    if (at >= 0) virtual.scrollToIndex(at, { align: "start" })
    if (settling.current !== null) clearTimeout(settling.current)
    settling.current = setTimeout(() => {
      settling.current = null
      look()
    }, settleMs)
  }, [virtual, latest, look])

  /** A hand on the thread ends whatever was moving it. */
  const settle = useCallback(() => {
    skipping.current = false
    if (settling.current === null) return
    clearTimeout(settling.current)
    settling.current = null
  }, [])
  useEffect(() => settle, [settle])

  const present = items.length > 0
  useLayoutEffect(() => {
    if (landed.current || !present) return
    landed.current = true
    if (latest.current.items.some(({ type }) => type === "unread")) return toUnread()
    pinned.current = !latest.current.open
    virtual.scrollToEnd()
    look()
  }, [present, virtual, toUnread, look, latest])

  // Bubbles are measured after they are drawn and pictures grow late: whoever is at the end stays at the end.
  useLayoutEffect(() => {
    const element = scroller.current
    if (settling.current !== null) toUnread()
    else if (element && pinned.current) element.scrollTo({ top: element.scrollHeight })
  }, [total, scroller, toUnread])
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      if (settling.current === null && pinned.current) element.scrollTo({ top: element.scrollHeight })
      latest.current.onMoved()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller, present, latest])

  // A history shorter than the screen never scrolls, so nothing else would look; new lines come without a scroll, too.
  useEffect(() => {
    if (present) look()
  }, [present, lastKey, open, look])

  // Whoever waits at the very top scrolls no further, so nothing else would ask for the page after this one.
  const wasLoading = useRef(false)
  useEffect(() => {
    if (wasLoading.current && !loadingOlder) look()
    wasLoading.current = loadingOlder
  }, [loadingOlder, look])

  const toEnd = useCallback(async () => {
    settle()
    if (latest.current.open) {
      skipping.current = true
      await skipToNewest().catch(() => {})
    }
    const element = scroller.current
    if (!element) return
    const far = skipping.current || element.scrollHeight - element.scrollTop > 4 * element.clientHeight
    // Far away, a long flight past bubbles that are not measured yet would land short.
    pinned.current = far
    element.scrollTo({ top: element.scrollHeight, behavior: far ? "instant" : "smooth" })
    look()
  }, [scroller, latest, skipToNewest, settle, look])

  useLayoutEffect(() => {
    if (!lastIsMine) return
    settle()
    pinned.current = true
    if (latest.current.open) void toEnd()
    else virtual.scrollToEnd()
  }, [lastIsMine, lastKey, virtual, settle, toEnd, latest])

  return { atEnd, look, toEnd, settle, settled: () => landed.current && settling.current === null }
}
