import { useVirtualizer } from "@tanstack/react-virtual"
import { Inbox, SearchX, WifiOff } from "lucide-react"
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react"
import { useMe } from "@/features/access"
import { useOperators } from "@/features/operator"
import { useT, type Catalogue } from "@/shared/i18n"
import { navigate } from "@/shared/lib/router"
import { Button } from "@/shared/ui/button"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { useConversations } from "./get-conversations"
import type { ListFilter, Row } from "./reduce"
import { ConversationRow } from "./row"

const rowHeight = 70
const noRows: readonly Row[] = []
/** Where each list was left: a phone shows the list and a conversation by turns. */
const offsets = new Map<string, number>()

interface ListProps {
  /** No customer can have written yet. */
  untouched?: boolean
  filter: ListFilter
  openId: number | null
  drafts: ReadonlyMap<number, string>
  onSearchAll: () => void
  onIds?: (ids: readonly number[]) => void
}

export function ConversationListView({ untouched = false, filter, openId, drafts, onSearchAll, onIds }: ListProps) {
  const t = useT()
  const me = useMe().operator
  const operators = useOperators()
  const byId = useMemo(() => new Map(operators.map((operator) => [operator.id, operator])), [operators])
  const { data, error, isPending, refetch, loadMore } = useConversations(filter)
  const rows = data?.rows ?? noRows
  const scroller = useRef<HTMLDivElement>(null)
  const [focused, setFocused] = useState(0)
  const place = `${filter.status} ${filter.assignee}`
  const [wanted, setWanted] = useState<number | null>(null)

  // The same function while the rows are the same: with a new one every row would be measured anew at every frame.
  const keyOf = useCallback((index: number) => rows[index]?.conversation.id ?? index, [rows])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan: 8,
    paddingStart: 4,
    paddingEnd: 8,
    initialOffset: () => offsets.get(place) ?? 0,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0

  useEffect(() => {
    if (data?.cursor && last >= rows.length - 20) void loadMore()
  }, [data?.cursor, last, rows.length, loadMore])

  useEffect(() => onIds?.(rows.map(({ conversation }) => conversation.id)), [rows, onIds])

  const searched = useRef(filter.q)
  useEffect(() => {
    if (searched.current === filter.q) return
    searched.current = filter.q
    scroller.current?.scrollTo({ top: 0 })
    setFocused(0)
  }, [filter.q])

  // The row to focus may not be in the document until the virtual list has scrolled to it.
  useEffect(() => {
    if (wanted === null) return
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted}"]`)
    if (!row) return
    row.focus({ preventScroll: true })
    setWanted(null)
  }, [wanted, items])

  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -rows.length, End: rows.length }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = Math.max(0, Math.min(rows.length - 1, focused + step))
    setFocused(next)
    virtual.scrollToIndex(next)
    setWanted(next)
  }

  if (isPending) return <ListSkeleton label={t.app.loading} />
  if (error && rows.length === 0)
    return (
      <EmptyState icon={WifiOff} tone="danger" title={t.inbox.failed} body={explain(error)}>
        <Button variant="outline" size="sm" onClick={() => void refetch()}>{t.common.retry}</Button>
      </EmptyState>
    )
  if (rows.length === 0) return <Empty filter={untouched && !filter.q ? { ...filter, status: "all" } : filter} t={t} onSearchAll={onSearchAll} />

  const openAt = rows.findIndex(({ conversation }) => conversation.id === openId)
  const reachable = items.some(({ index }) => index === focused) ? focused : openAt >= 0 && items.some(({ index }) => index === openAt) ? openAt : (items[0]?.index ?? 0)
  return (
    <div ref={scroller} onScroll={(event) => offsets.set(place, event.currentTarget.scrollTop)} className="scroll-area h-full" data-testid="conversation-list">
      <div
        role="list"
        aria-label={t.inbox.list}
        onKeyDown={move}
        onFocus={(event) => {
          const index = Number((event.target as HTMLElement).dataset["index"])
          if (Number.isInteger(index)) setFocused(index)
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
                assignee={assignee_id === null ? undefined : byId.get(assignee_id)}
                mine={assignee_id === me.id}
                draft={conversation.id === openId ? "" : (drafts.get(conversation.id) ?? "")}
                open={conversation.id === openId}
                showStatus={filter.status === "all"}
                focusable={item.index === reachable}
                index={item.index}
              />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function ListSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="px-4 pt-2">
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

function Empty({ filter, t, onSearchAll }: { filter: ListFilter; t: Catalogue; onSearchAll: () => void }) {
  if (filter.q)
    return (
      <EmptyState icon={SearchX} title={t.inbox.emptySearch(filter.q)} body={t.inbox.emptySearchBody}>
        {filter.status !== "all" && <Button variant="outline" size="sm" onClick={onSearchAll}>{t.inbox.searchAll}</Button>}
      </EmptyState>
    )
  const words = {
    waiting: [t.inbox.emptyWaiting, t.inbox.emptyWaitingBody],
    active: [t.inbox.emptyActive, t.inbox.emptyActiveBody],
    snoozed: [t.inbox.emptyActive, t.inbox.emptyActiveBody],
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
