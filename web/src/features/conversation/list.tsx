import { useVirtualizer } from "@tanstack/react-virtual"
import { Inbox, RefreshCw, SearchX, ShieldCheck, WifiOff } from "lucide-react"
import { startTransition, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react"
import type { Conversation, Customer } from "@/contract"
import { useMe } from "@/features/access"
import { useOperators } from "@/features/operator"
import { useT, type Catalogue } from "@/shared/i18n"
import { whenIdle } from "@/shared/lib/idle"
import { navigate } from "@/shared/lib/router"
import { useStore } from "@/shared/lib/store"
import { Button } from "@/shared/ui/button"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { useConversations } from "./get-conversations"
import { listWanted, openConversationAt, rowWanted, seenOrder } from "./open"
import { arrange } from "./order"
import type { ListFilter, Row } from "./reduce"
import { ConversationRow, type DraftMark } from "./row"
import { useHold } from "./use-hold"

const rowHeight = 70
/** The height of the button about new activity, half of which is over the empty edge of the first row. */
const newsHeight = 24
/** The least height of the window outside the list. */
const aroundPx = 150
/** The number of rows that are rendered above and below the visible ones, after those. */
const beyond = 8
const noRows: readonly Row[] = []
/** The scroll position of each list, for a phone, which shows either the list or a conversation. */
const offsets = new Map<string, number>()

interface ListProps {
  filter: ListFilter
  openId: number | null
  /** The open conversation, also if it belongs to another list now. */
  open: Conversation | null
  drafts: ReadonlyMap<number, DraftMark>
  hrefOf: (id: number) => string
  /** Which of several bots a customer writes to; null: it goes without saying. */
  viaOf: (customer: Customer) => string | null
  onSearchAll: () => void
}

export function ConversationListView({ filter, openId, open, drafts, hrefOf, viaOf, onSearchAll }: ListProps) {
  const t = useT()
  const me = useMe().operator
  const operators = useOperators()
  const byId = useMemo(() => new Map(operators.map((operator) => [operator.id, operator])), [operators])
  const { data, error, isPending, isPlaceholderData, refetch, loadMore } = useConversations(filter)
  const { held, letGo, onGlide, ...hand } = useHold()
  const { rows, news } = useOrder(data?.filter ?? filter, data?.rows ?? noRows, held, open)
  const scroller = useRef<HTMLDivElement>(null)
  const [focused, setFocused] = useState<number | null>(null)
  const [overscan, setOverscan] = useState(1)
  const place = `${filter.status} ${filter.assignee} ${filter.bot ?? ""} ${filter.spam ?? ""} ${filter.tag ?? ""}`
  const wanted = useStore(rowWanted)
  const wantsFocus = useStore(listWanted)

  // The same function while the rows are the same: a new one would cause every row to be measured again in each frame.
  const keyOf = useCallback((index: number) => rows[index]?.conversation.id ?? index, [rows])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan,
    paddingStart: newsHeight / 2,
    paddingEnd: 8,
    // Rendered with the page, and not separately after its layout.
    initialRect: { width: innerWidth, height: innerHeight - aroundPx },
    initialOffset: () => offsets.get(place) ?? 0,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const indexOf = (id: number | null) => rows.findIndex(({ conversation }) => conversation.id === id)

  // On a phone the visible rows are rendered in half the time of all rows.
  useEffect(() => whenIdle(() => startTransition(() => setOverscan(beyond))), [])

  useEffect(() => {
    if (data?.cursor && last >= rows.length - 20) void loadMore()
  }, [data?.cursor, last, rows.length, loadMore])

  useEffect(() => seenOrder.set(rows.map(({ conversation }) => conversation.id)), [rows])

  useAnchor(scroller, rows)

  const searched = useRef(filter.q)
  useEffect(() => {
    if (searched.current === filter.q) return
    searched.current = filter.q
    scroller.current?.scrollTo({ top: 0 })
    setFocused(null)
  }, [filter.q])

  // An empty list has no row, so its tab gets the focus, from which the arrow keys move to the other tabs.
  useLayoutEffect(() => {
    if (!wantsFocus || isPending || isPlaceholderData) return
    listWanted.set(false)
    const first = rows.find(({ conversation }) => conversation.id === openId) ?? rows[0]
    if (first) rowWanted.set(first.conversation.id)
    else document.querySelector<HTMLElement>('[data-testid=list-tabs] [aria-current="page"]')?.focus()
  }, [wantsFocus, isPending, isPlaceholderData, rows, openId])

  // The row to focus may not be in the document before the virtual list has scrolled to it.
  useLayoutEffect(() => {
    if (wanted === null) return
    const at = rows.findIndex(({ conversation }) => conversation.id === wanted)
    if (at < 0) return
    const row = scroller.current?.querySelector<HTMLElement>(`[data-id="${wanted}"]`)
    virtual.scrollToIndex(at)
    if (!row) return
    rowWanted.set(null)
    letGo()
    setFocused(wanted)
    row.focus({ preventScroll: true })
  }, [wanted, items, rows, virtual, letGo])

  const move = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -rows.length, End: rows.length }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = rows[Math.max(0, Math.min(rows.length - 1, indexOf(focused) + step))]
    if (next) rowWanted.set(next.conversation.id)
  }

  if (isPending) return <ListSkeleton label={t.app.loading} />
  if (error && rows.length === 0)
    return (
      <EmptyState icon={WifiOff} tone="danger" title={t.inbox.failed} body={explain(error)}>
        <Button variant="outline" size="sm" onClick={() => void refetch()}>{t.common.retry}</Button>
      </EmptyState>
    )
  // The server has found no row in the part that it searched, and continues with the next page.
  if (rows.length === 0 && data?.cursor) return <ListSkeleton label={t.app.loading} />
  if (rows.length === 0) return <Empty filter={filter} t={t} onSearchAll={onSearchAll} />

  const drawn = (id: number | null) => items.some(({ index }) => rows[index]?.conversation.id === id)
  const reachable = drawn(focused) ? focused : drawn(openId) ? openId : (rows[items[0]?.index ?? 0]?.conversation.id ?? null)
  return (
    <div className="relative h-full" {...hand}>
      {news && (
        <div className="pointer-events-none absolute inset-x-0 top-0 z-10 flex justify-center">
          <Button variant="outline" size="sm" className="pointer-events-auto h-6 animate-rise gap-1.5 rounded-full px-2.5 text-xs shadow-sm max-md:h-6 [&_svg]:size-3" data-testid="list-news"
            onClick={() => {
              letGo()
              scroller.current?.scrollTo({ top: 0 })
            }}
          >
            <RefreshCw />{t.inbox.news}
          </Button>
        </div>
      )}
      <div
        ref={scroller}
        onScroll={(event) => {
          offsets.set(place, event.currentTarget.scrollTop)
          onGlide()
        }}
        className="scroll-area h-full"
        data-testid="conversation-list"
      >
        <div
          role="list"
          aria-label={t.inbox.list}
          onKeyDown={move}
          onFocus={(event) => {
            const id = Number((event.target as HTMLElement).dataset["id"])
            if (Number.isInteger(id)) setFocused(id)
          }}
          className="relative"
          style={{ height: virtual.getTotalSize() }}
        >
          {items.map((item) => {
            const row = rows[item.index]
            if (!row) return null
            const { conversation } = row
            const { assignee_id } = conversation
            return (
              <div
                key={item.key}
                role="listitem"
                aria-setsize={data?.cursor ? -1 : rows.length}
                aria-posinset={item.index + 1}
                className="absolute inset-x-0 top-0"
                style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
              >
                <ConversationRow
                  conversation={conversation}
                  href={hrefOf(conversation.id)}
                  onOpen={openToWrite}
                  assignee={assignee_id === null ? undefined : byId.get(assignee_id)}
                  mine={assignee_id === me.id}
                  draft={conversation.id === openId ? undefined : drafts.get(conversation.id)}
                  via={viaOf(conversation.customer)}
                  open={conversation.id === openId}
                  showStatus={filter.status === "all" || filter.status !== conversation.status}
                  focusable={conversation.id === reachable}
                  index={item.index}
                />
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

const openToWrite = (id: number) => openConversationAt(id, "composer")

/** Keeps the order on the screen, from which the next order is computed. Another list or another search starts without it. */
function useOrder({ status, assignee, q, spam, tag }: ListFilter, live: readonly Row[], held: boolean, open: Conversation | null) {
  const key = `${status} ${assignee} ${q} ${spam ?? ""} ${tag ?? ""}`
  const shown = useRef<{ key: string; rows: readonly Row[] }>({ key, rows: noRows })
  const arranged = useMemo(
    () => arrange(shown.current.key === key ? shown.current.rows : noRows, live, { held, open }),
    [key, live, held, open],
  )
  useLayoutEffect(() => {
    shown.current = { key, rows: arranged.rows }
  }, [key, arranged])
  return arranged
}

/** In a scrolled list the visible rows keep their position when others appear or disappear above them. */
function useAnchor(scroller: React.RefObject<HTMLDivElement | null>, rows: readonly Row[]): void {
  const before = useRef(rows)
  useLayoutEffect(() => {
    const old = before.current
    before.current = rows
    const element = scroller.current
    if (!element || old === rows || element.scrollTop < rowHeight) return
    const first = Math.floor(element.scrollTop / rowHeight)
    // The first visible rows may have moved themselves, so the median of their shifts is used.
    const now = new Map(rows.map(({ conversation }, index) => [conversation.id, index]))
    const shifts = old.slice(first, first + 5).map(({ conversation }, i) => (now.get(conversation.id) ?? Number.NaN) - first - i).filter(Number.isFinite)
    const shift = shifts.sort((a, b) => a - b)[shifts.length >> 1] ?? 0
    if (shift !== 0) element.scrollBy({ top: shift * rowHeight })
  }, [rows, scroller])
}

function ListSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="px-4 pt-3">
      {Array.from({ length: 9 }, (_, i) => (
        <div key={i} className="flex h-[70px] items-center gap-3">
          <Skeleton className="size-11 rounded-full" />
          <div className="flex-1 space-y-2.5">
            <Skeleton className="h-3 w-2/5" />
            <Skeleton className="h-3 w-4/5" />
          </div>
        </div>
      ))}
    </div>
  )
}

interface EmptyProps {
  filter: ListFilter
  t: Catalogue
  onSearchAll: () => void
}

const everything: ListFilter = { status: "all", assignee: "any", q: "" }

function Empty(props: EmptyProps) {
  return props.filter.q || props.filter.spam ? <EmptyWords {...props} /> : <EmptyWithoutSearch {...props} />
}

/** A text other than "Every customer has a reply" for a desk to which nobody has written yet; pressing Start does not count. */
function EmptyWithoutSearch(props: EmptyProps) {
  const { data } = useConversations(everything)
  const unwritten = data?.cursor === null && data.rows.every(({ conversation }) => conversation.inbound_count === 0)
  return <EmptyWords {...props} filter={unwritten ? everything : props.filter} />
}

function EmptyWords({ filter, t, onSearchAll }: EmptyProps) {
  if (filter.q)
    return (
      <EmptyState icon={SearchX} title={t.inbox.emptySearch(filter.q)} body={t.inbox.emptySearchBody}>
        {filter.status !== "all" && !filter.spam && <Button variant="outline" size="sm" onClick={onSearchAll}>{t.inbox.searchAll}</Button>}
      </EmptyState>
    )
  if (filter.spam) return <EmptyState icon={ShieldCheck} title={t.inbox.emptySpam} body={t.inbox.emptySpamBody} />
  const words = {
    waiting: [t.inbox.emptyWaiting, t.inbox.emptyWaitingBody],
    active: [t.inbox.emptyActive, t.inbox.emptyActiveBody],
    snoozed: [t.inbox.emptySnoozed, t.inbox.emptySnoozedBody],
    closed: [t.inbox.emptyClosed, t.inbox.emptyClosedBody],
    all: [t.inbox.emptyAll, t.inbox.emptyAllBody],
  } as const
  const [title, body] = words[filter.status]
  return (
    <EmptyState icon={Inbox} tone={filter.status === "waiting" ? "success" : "neutral"} title={title} body={body}>
      {filter.status === "waiting" && <Button variant="outline" size="sm" onClick={() => navigate("/inbox/active")}>{t.inbox.showActive}</Button>}
    </EmptyState>
  )
}
