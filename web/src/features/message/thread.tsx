import { useVirtualizer } from "@tanstack/react-virtual"
import { ArrowDown, MessageCircle, WifiOff } from "lucide-react"
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import type { Conversation, ReplyQuote } from "@/contract"
import { useMe } from "@/features/access"
import { markRead, unreadOf } from "@/features/conversation"
import { useOperators } from "@/features/operator"
import { useT } from "@/shared/i18n"
import { useAttention } from "@/shared/lib/hooks"
import { Button, Spinner } from "@/shared/ui/button"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { useThread } from "./get-messages"
import { SeenUpTo } from "./delivery"
import { buildItems, type ThreadItem } from "./items"
import type { LightboxProps } from "./lightbox"
import { useOutgoing } from "./outgoing"
import { ThreadLine } from "./thread-line"
import type { BubbleView } from "./view"

const Lightbox = lazy(() => import("./lightbox"))
const Dialogs = {
  raw: lazy(() => import("./details-dialogs").then(({ RawDialog }) => ({ default: RawDialog }))),
  edits: lazy(() => import("./details-dialogs").then(({ EditsDialog }) => ({ default: EditsDialog }))),
}

const nearEndPx = 80
const nearStartPx = 900

interface ThreadProps {
  conversation: Conversation
  onReply: (quote: ReplyQuote) => void
}

export function Thread({ conversation, onReply }: ThreadProps) {
  const t = useT()
  const me = useMe().operator
  const operators = useOperators()
  const { data, error, isPending, refetch, loadOlder, loadingOlder } = useThread(conversation.id)
  const everything = useOutgoing()
  const outgoing = useMemo(() => everything.filter((item) => item.conversation_id === conversation.id), [everything, conversation.id])
  const unreadFrom = useUnreadStart(conversation, data?.rows)
  const items = useMemo(
    () => (data ? buildItems({ rows: data.rows, outgoing, complete: data.before === null, unreadFrom }) : []),
    [data, outgoing, unreadFrom],
  )
  const [photo, setPhoto] = useState<Omit<LightboxProps, "onClose"> | null>(null)
  const [dialog, setDialog] = useState<{ kind: keyof typeof Dialogs; id: number } | null>(null)
  const scroller = useRef<HTMLDivElement>(null)

  // The same function while the items are the same: with a new one all would be measured anew at every frame.
  const keyOf = useCallback((index: number) => items[index]?.key ?? index, [items])
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimate(items[index]),
    getItemKey: keyOf,
    overscan: 6,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: nearEndPx,
  })
  const virtualItems = virtual.getVirtualItems()

  const { atEnd, missed, toEnd, onScroll } = useEnd(scroller, items, virtual, loadOlder, loadingOlder)
  useReading(conversation, data?.rows.findLast(({ message }) => message.direction === "in")?.message.id, atEnd)

  const openPhoto = useCallback((view: BubbleView, index: number) => {
    const sources = view.photos.flatMap(({ src }) => (src ? [src.replace("?size=thumb", "")] : []))
    setPhoto({ sources, start: index })
  }, [])
  const openEdits = useCallback((id: number) => setDialog({ kind: "edits", id }), [])
  const openRaw = useCallback((id: number) => setDialog({ kind: "raw", id }), [])
  const [sought, setSought] = useState<number | null>(null)
  // A quoted message may be pages above: older ones are loaded until it is there.
  useEffect(() => {
    if (sought === null) return
    const at = items.findIndex((item) => item.type === "message" && item.messages.some((message) => message.id === sought))
    if (at < 0 && data?.before !== null) return void loadOlder()
    setSought(null)
    if (at >= 0) virtual.scrollToIndex(at, { align: "center" })
  }, [sought, items, data?.before, loadOlder, virtual])

  if (isPending) return <ThreadSkeleton label={t.app.loading} />
  if (error && !data)
    return (
      <EmptyState icon={WifiOff} tone="danger" title={t.conversation.loadFailed} body={explain(error)} className="flex-1">
        <Button variant="outline" size="sm" onClick={() => void refetch()}>{t.common.retry}</Button>
      </EmptyState>
    )
  const Details = dialog && Dialogs[dialog.kind]
  const detailed = dialog && data?.rows.find(({ message }) => message.id === dialog.id)?.message
  return (
    <div className="relative min-h-0 flex-1">
      {items.length === 0 && <div className="absolute inset-0"><EmptyState icon={MessageCircle} title={t.message.empty} body={t.message.emptyBody} /></div>}
      <div ref={scroller} onScroll={onScroll} role="log" aria-label={t.message.history} aria-live="off" tabIndex={0} className="scroll-area h-full -outline-offset-2 [overflow-anchor:none]">
        {loadingOlder && <div className="absolute inset-x-0 top-2 z-10 flex justify-center"><span className="rounded-full border bg-surface p-1.5 text-subtle shadow-sm"><Spinner className="block" /></span></div>}
        <div className="relative mx-auto flex min-h-full max-w-4xl flex-col justify-end pb-3">
          <div className="relative w-full shrink-0" style={{ height: virtual.getTotalSize() }}>
            <SeenUpTo value={conversation.seen_message_id}>{virtualItems.map((entry) => {
              const item = items[entry.index]
              return item && (
                <div key={entry.key} ref={virtual.measureElement} data-index={entry.index} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${entry.start}px)` }}>
                  <ThreadLine item={item} customer={conversation.customer.name} operators={operators} me={me.id} onReply={onReply} onPhoto={openPhoto} onEdits={openEdits} onRaw={openRaw} onQuote={setSought} />
                </div>
              )
            })}</SeenUpTo>
          </div>
        </div>
      </div>
      {!atEnd && (
        <Button variant="outline" size={missed > 0 ? "default" : "icon"} onClick={toEnd} className="absolute right-5 bottom-3 animate-rise rounded-full shadow-md" aria-label={missed > 0 ? `${t.message.newCount(missed)}. ${t.message.toNewest}` : t.message.toNewest}>
          <ArrowDown />
          {missed > 0 && t.message.newCount(missed)}
        </Button>
      )}
      <Suspense>
        {photo && <Lightbox {...photo} onClose={() => setPhoto(null)} />}
        {Details && detailed && <Details message={detailed} onClose={() => setDialog(null)} />}
      </Suspense>
    </div>
  )
}

/** Where reading had stopped when the conversation was opened; it stays while one is here. */
function useUnreadStart(conversation: Conversation, rows: readonly { message: { id: number; direction: string } }[] | undefined): number | null {
  const unread = useRef(unreadOf(conversation))
  const found = useRef<number | null | undefined>(undefined)
  unread.current ??= unreadOf(conversation)
  if (found.current === undefined && rows && unread.current !== null) {
    const inbound = rows.filter(({ message }) => message.direction === "in")
    found.current = unread.current > 0 ? (inbound.at(-Math.min(unread.current, inbound.length))?.message.id ?? null) : null
  }
  return found.current ?? null
}

/** Seen is what was on the screen, at the end, while the person was looking. */
function useReading(conversation: Conversation, newest: number | undefined, atEnd: boolean): void {
  const attentive = useAttention()
  const unread = unreadOf(conversation)
  useEffect(() => {
    if (!attentive || !atEnd || newest === undefined || unread === 0) return
    const timer = setTimeout(() => void markRead(conversation.id, newest).catch(() => {}), 250)
    return () => clearTimeout(timer)
  }, [attentive, atEnd, newest, unread, conversation.id])
}

type ThreadVirtualizer = ReturnType<typeof useVirtualizer<HTMLDivElement, Element>>

function useEnd(scroller: React.RefObject<HTMLDivElement | null>, items: readonly ThreadItem[], virtual: ThreadVirtualizer, loadOlder: () => Promise<void>, loadingOlder: boolean) {
  const [atEnd, setAtEnd] = useState(true)
  const [seenKey, setSeenKey] = useState<string | null>(null)
  const landed = useRef(false)
  const pinned = useRef(false)
  const lastKey = items.at(-1)?.key ?? null
  const lastIsMine = items.at(-1)?.type === "outgoing"

  useLayoutEffect(() => {
    if (landed.current || items.length === 0) return
    landed.current = true
    const unread = items.findIndex(({ type }) => type === "unread")
    if (unread > 0 && items.length - unread > 6) virtual.scrollToIndex(unread, { align: "start" })
    else {
      pinned.current = true
      virtual.scrollToEnd()
    }
  }, [items, virtual])

  // Bubbles are measured after they are drawn and pictures grow late: whoever is at the end stays at the end.
  const total = virtual.getTotalSize()
  const present = items.length > 0
  useLayoutEffect(() => {
    const element = scroller.current
    if (element && pinned.current) element.scrollTo({ top: element.scrollHeight })
  }, [total, scroller])
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      if (pinned.current) element.scrollTo({ top: element.scrollHeight })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller, present])

  const onScroll = () => {
    const element = scroller.current
    if (!element || !landed.current) return
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < nearEndPx
    pinned.current = end
    setAtEnd(end)
    if (element.scrollTop < nearStartPx) void loadOlder()
  }

  // A history shorter than the screen never scrolls, so nothing else would ask for what is above.
  useEffect(() => {
    const element = scroller.current
    if (element && items.length > 0 && element.scrollHeight <= element.clientHeight + nearStartPx) void loadOlder()
  }, [items.length, loadOlder, scroller])

  // Whoever waits at the very top scrolls no further, so nothing else would ask for the page after this one.
  const wasLoading = useRef(false)
  useEffect(() => {
    const element = scroller.current
    if (wasLoading.current && !loadingOlder && element && element.scrollTop < nearStartPx) void loadOlder()
    wasLoading.current = loadingOlder
  }, [loadingOlder, loadOlder, scroller])

  useEffect(() => {
    if (atEnd) setSeenKey(lastKey)
  }, [atEnd, lastKey])

  useLayoutEffect(() => {
    if (!lastIsMine) return
    pinned.current = true
    virtual.scrollToEnd()
  }, [lastIsMine, lastKey, virtual])

  const toEnd = () => {
    const element = scroller.current
    if (!element) return
    const far = element.scrollHeight - element.scrollTop > 4 * element.clientHeight
    // Far away, a long flight past bubbles that are not measured yet would land short.
    pinned.current = far
    element.scrollTo({ top: element.scrollHeight, behavior: far ? "instant" : "smooth" })
  }

  const seenAt = items.findIndex(({ key }) => key === seenKey)
  const missed = atEnd || seenAt < 0 ? 0 : items.slice(seenAt + 1).filter((item) => item.type === "message" && item.messages[0]?.direction === "in").length
  return { atEnd, missed, onScroll, toEnd }
}

function estimate(item: ThreadItem | undefined): number {
  if (item?.type === "message") {
    const photos = item.messages.some(({ files }) => files.length > 0)
    const text = item.messages.reduce((sum, message) => sum + message.text.length, 0)
    return (photos ? 250 : 0) + 36 + Math.floor(text / 70) * 20 + (item.first ? 10 : 2)
  }
  return item?.type === "day" ? 46 : item?.type === "outgoing" ? 46 : 34
}

function ThreadSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="mx-auto flex w-full max-w-4xl flex-1 flex-col justify-end gap-3 px-6 pb-4">
      {["w-56", "w-80 self-end", "w-64", "w-40", "w-72 self-end", "w-48"].map((size) => <Skeleton key={size} className={`h-10 rounded-2xl ${size}`} />)}
    </div>
  )
}
