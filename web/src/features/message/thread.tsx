import { useVirtualizer } from "@tanstack/react-virtual"
import { ArrowDown, MessageCircle, WifiOff } from "lucide-react"
import { startTransition, useCallback, useEffect, useMemo, useRef, useState } from "react"
import type { Conversation, ReplyQuote } from "@/contract"
import { useMe } from "@/features/access"
import { unreadOf } from "@/features/conversation"
import { useOperators } from "@/features/operator"
import { useT } from "@/shared/i18n"
import { whenIdle } from "@/shared/lib/idle"
import { Button, Spinner } from "@/shared/ui/button"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { part, PartFrame } from "@/shared/ui/part"
import { explain } from "@/shared/ui/toast"
import { abilitiesOf } from "./abilities"
import type { QuotedPiece } from "./answer"
import { useThread } from "./get-messages"
import { SeenUpTo } from "./delivery"
import { estimate } from "./estimate"
import { buildItems, type ThreadItem } from "./items"
import type { LightboxProps } from "./lightbox"
import { useOutgoing } from "./outgoing"
import { Pieces } from "./piece"
import { stopPlaying } from "./player"
import { QuoteSelection } from "./quote-selection"
import type { ThreadState } from "./reduce"
import { ThreadLine } from "./thread-line"
import { useEnd } from "./use-end"
import { useReading } from "./use-reading"
import type { BubbleView } from "./view"

const Lightbox = part(() => import("./lightbox"))
const Dialogs = {
  raw: part(async () => ({ default: (await import("./details-dialogs")).RawDialog })),
  edits: part(async () => ({ default: (await import("./details-dialogs")).EditsDialog })),
  reactions: part(() => import("./reaction-dialog")),
}

/** What surrounds a thread takes at least so much of the window. */
const aroundPx = 110
/** So many lines above and below those in sight are drawn, once those are. */
const beyond = 6

interface ThreadProps {
  conversation: Conversation
  onReply: (quote: ReplyQuote, piece?: QuotedPiece) => void
}

export function Thread({ conversation, onReply }: ThreadProps) {
  const t = useT()
  const me = useMe().operator
  const operators = useOperators()
  const [unreadAtFirst] = useState(() => unreadOf(conversation))
  const { data, error, isPending, refetch, source, loadOlder, loadingOlder, loadNewer, skipToNewest } = useThread(conversation.id, unreadAtFirst)
  const everything = useOutgoing()
  const outgoing = useMemo(() => everything.filter((item) => item.conversation_id === conversation.id), [everything, conversation.id])
  const unreadFrom = useUnreadStart(unreadAtFirst, source, data)
  const items = useMemo(
    () => (data ? buildItems({ rows: data.rows, outgoing, complete: data.before === null, unreadFrom }) : []),
    [data, outgoing, unreadFrom],
  )
  const [photo, setPhoto] = useState<Omit<LightboxProps, "onClose"> | null>(null)
  const [dialog, setDialog] = useState<{ kind: keyof typeof Dialogs; id: number } | null>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const [overscan, setOverscan] = useState(1)

  // The same function while the items are the same: with a new one all would be measured anew at every frame.
  const keyOf = useCallback((index: number) => items[index]?.key ?? index, [items])
  const virtual = useVirtualizer({
    count: items.length,
    // Not before there is something to begin at.
    enabled: data !== undefined,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimate(items[index]),
    // The lines that will be in sight are drawn with the page, and not in a second piece once it has been laid out.
    initialRect: { width: innerWidth, height: innerHeight - aroundPx },
    initialOffset: () => beginning(items),
    getItemKey: keyOf,
    overscan,
    anchorTo: "end",
    followOnAppend: data?.after === null,
  })
  const virtualItems = virtual.getVirtualItems()

  // A phone draws what is in sight in half the time that all would take.
  useEffect(() => whenIdle(() => {
    void Pieces.ahead()
    startTransition(() => setOverscan(beyond))
  }), [])
  useEffect(() => stopPlaying, [conversation.id])

  const onMoved = useRef(() => {})
  const { atEnd, look, toEnd, settle, settled } = useEnd({
    scroller, items, virtual, open: (data?.after ?? null) !== null, loadOlder, loadingOlder, loadNewer, skipToNewest, onMoved: () => onMoved.current(),
  })
  onMoved.current = useReading(conversation, scroller, settled)
  const missed = unreadOf(conversation) ?? 0

  const openVisual = useCallback((view: BubbleView, index: number) => {
    const items = view.visuals.map(({ full, type, moving, width, height }) => ({ src: full, video: type === "video", moving, width, height }))
    setPhoto({ items, start: index })
  }, [])
  const openEdits = useCallback((id: number) => setDialog({ kind: "edits", id }), [])
  const openRaw = useCallback((id: number) => setDialog({ kind: "raw", id }), [])
  const openReactions = useCallback((id: number) => setDialog({ kind: "reactions", id }), [])
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
      <div ref={scroller} onScroll={look} onWheel={settle} onTouchStart={settle} onKeyDown={settle} onPointerDown={settle} role="log" aria-label={t.message.history} aria-live="off" tabIndex={0} className="scroll-area h-full -outline-offset-2 [overflow-anchor:none]">
        {loadingOlder && <div className="absolute inset-x-0 top-2 z-10 flex justify-center"><span className="rounded-full border bg-surface p-1.5 text-subtle shadow-sm"><Spinner className="block" /></span></div>}
        <div className="relative mx-auto flex min-h-full max-w-4xl flex-col justify-end pb-3">
          <div className="relative w-full shrink-0" style={{ height: virtual.getTotalSize() }}>
            <SeenUpTo value={conversation.seen_message_id}>{virtualItems.map((entry) => {
              const item = items[entry.index]
              return item && (
                <div key={entry.key} ref={virtual.measureElement} data-index={entry.index} data-inbound={inboundOf(item)} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${entry.start}px)` }}>
                  <ThreadLine item={item} customer={conversation.customer.name} channel={conversation.customer.channel} operators={operators} me={me.id} onReply={onReply} onVisual={openVisual} onEdits={openEdits} onRaw={openRaw} onQuote={setSought} onReactions={openReactions} />
                </div>
              )
            })}</SeenUpTo>
          </div>
        </div>
      </div>
      {!atEnd && (
        <Button variant="outline" size={missed > 0 ? "default" : "icon"} onClick={() => void toEnd()} data-testid="to-newest" className="absolute right-5 bottom-3 animate-rise rounded-full shadow-md" aria-label={missed > 0 ? `${t.message.newCount(missed)}. ${t.message.toNewest}` : t.message.toNewest}>
          <ArrowDown />
          {missed > 0 && t.message.newCount(missed)}
        </Button>
      )}
      {abilitiesOf(conversation.customer.channel).can("quote") && data && <QuoteSelection scroller={scroller} rows={data.rows} onReply={onReply} />}
      {photo && <PartFrame onMissing={() => setPhoto(null)}><Lightbox {...photo} onClose={() => setPhoto(null)} /></PartFrame>}
      {Details && detailed && <PartFrame onMissing={() => setDialog(null)}><Details message={detailed} customer={conversation.customer.name} onClose={() => setDialog(null)} /></PartFrame>}
    </div>
  )
}

/** Where reading had stopped when the conversation was opened; the line stays there while one is here. */
function useUnreadStart(unread: number | null, source: "fetched" | "kept", state: ThreadState | undefined): number | null {
  const found = useRef<number | null | undefined>(undefined)
  if (found.current === undefined && state && (source === "fetched" || unread !== null)) {
    const inbound = state.rows.filter(({ message }) => message.direction === "in")
    found.current = source === "fetched" ? state.first_unread : unread ? (inbound.at(-Math.min(unread, inbound.length))?.message.id ?? null) : null
  }
  return found.current ?? null
}

/** The customer's newest message of a line, by which reading is measured. */
function inboundOf(item: ThreadItem): number | undefined {
  if (item.type === "system") return item.message.direction === "in" ? item.message.id : undefined
  return item.type === "message" && item.messages[0]?.direction === "in" ? item.messages.at(-1)?.id : undefined
}

/** About where one lands: at the unread line, else at the end. */
function beginning(items: readonly ThreadItem[]): number {
  const unread = items.findIndex(({ type }) => type === "unread")
  const above = unread < 0 ? items : items.slice(0, unread)
  const offset = above.reduce((sum, item) => sum + estimate(item), 0)
  return unread < 0 ? Math.max(0, offset - innerHeight) : offset
}

function ThreadSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="mx-auto flex w-full max-w-4xl flex-1 flex-col justify-end gap-3 px-6 pb-4">
      {["w-56", "w-80 self-end", "w-64", "w-40", "w-72 self-end", "w-48"].map((size) => <Skeleton key={size} className={`h-10 rounded-2xl ${size}`} />)}
    </div>
  )
}
