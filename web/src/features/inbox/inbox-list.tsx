import { ListFilter as FilterIcon, Search, X } from "lucide-react"
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react"
import { DemoMark } from "@/features/access"
import { BotLamp, botName, BotSetupCard, FirstSteps, useBot, useBotOf, useBots, useBotTrouble } from "@/features/bot"
import { ConversationListView, countText, openConversationAt, rowWanted, seenOrder, useConversations, useCounts, useOpenConversation, type AssigneeFilter, type ListFilter, type SpamFilter, type StatusFilter } from "@/features/conversation"
import { useDrafts } from "@/features/message"
import { AccountMenu } from "@/features/operator"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { useDebounced, useLatest, usePhone } from "@/shared/lib/hooks"
import { Link, navigate } from "@/shared/lib/router"
import { Button } from "@/shared/ui/button"
import { ConnectionLamp } from "@/shared/ui/connection"
import { Menu, MenuChoice, MenuContent, MenuLabel, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import { tabs } from "./address"
import { chatPath, listPath, spamFilters, tabOf, type InboxPlace } from "./place"

const searchDelayMs = 200

export function InboxList({ place, openId }: { place: InboxPlace; openId: number | null }) {
  const t = useT()
  const phone = usePhone()
  const { status, assignee, q, bot: ofBot, spam, tag } = place
  const [query, setQuery] = useSearchField(place, openId)
  const filter = useMemo((): ListFilter => ({ status, assignee, q, ...(ofBot && { bot: ofBot }), ...(spam && { spam }), ...(tag && { tag }) }), [status, assignee, q, ofBot, spam, tag])
  const open = useOpenConversation(openId)
  const hrefOf = useCallback((id: number) => chatPath(id, filter), [filter])
  const drafts = useDrafts()
  const viaOf = useBotOf()
  const bot = useBot()
  const counts = useCounts()
  const untouched = bot?.state === "unset" && counts?.waiting === 0 && counts.active === 0
  const { data: found, isPlaceholderData } = useConversations(filter)
  const [next, setNext] = useState<"focus" | "open" | null>(null)
  // A key that was pressed before the response to the last letter arrived takes effect after it.
  useEffect(() => {
    if (next === null || query.trim() !== q || isPlaceholderData || !found) return
    setNext(null)
    const first = seenOrder.get()[0]
    if (first === undefined) return
    if (next === "open") openConversationAt(first, "composer")
    else rowWanted.set(first)
  }, [next, query, q, isPlaceholderData, found])
  const searchKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === "Escape" && query) {
      event.stopPropagation()
      setNext(null)
      setQuery("")
    } else if (event.key === "ArrowDown") {
      event.preventDefault()
      setNext("focus")
    } else if (event.key === "Enter") {
      event.preventDefault()
      if (phone) event.currentTarget.blur()
      else if (query.trim()) setNext("open")
    }
  }
  const Region = phone ? "main" : "section"
  const list = <ConversationListView key={`${status} ${assignee} ${ofBot ?? ""} ${spam ?? ""} ${tag ?? ""}`} filter={filter} openId={openId} open={open} drafts={drafts} hrefOf={hrefOf} viaOf={viaOf} onSearchAll={() => navigate(listPath({ ...place, status: "all" }))} />
  return (
    <Region aria-label={t.inbox.title} className={cn("flex shrink-0 flex-col bg-surface", phone ? "w-full" : "w-[21.5rem] border-r xl:w-[22.5rem] max-lg:w-72")}>
      <header className="flex h-15 shrink-0 items-center gap-2 px-4">
        <h1 className="mr-auto text-lg font-semibold tracking-tight">{spam ? t.inbox.spam : t.inbox.title}</h1>
        {phone && (
          <>
            <DemoMark />
            <ConnectionLamp />
            <BotLamp />
          </>
        )}
        <FilterMenu place={place} openId={openId} />
        {phone && <AccountMenu />}
      </header>
      <div className="relative mx-3 mb-2">
        <Search className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-subtle" aria-hidden="true" />
        <input
          type="search"
          aria-label={t.inbox.searchLabel}
          placeholder={t.inbox.search}
          value={query}
          onChange={(event) => {
            setNext(null)
            setQuery(event.target.value)
          }}
          onKeyDown={searchKey}
          className="h-9 w-full rounded-lg border border-transparent bg-muted pr-9 pl-9 text-sm placeholder:text-subtle focus-visible:border-ring focus-visible:bg-surface focus-visible:ring-3 focus-visible:ring-ring/20 focus-visible:outline-none max-md:h-10 max-md:text-base [&::-webkit-search-cancel-button]:hidden"
        />
        {query && <Button variant="ghost" size="icon-sm" className="absolute top-0.5 right-0.5 max-md:top-0" aria-label={t.common.clear} onClick={() => setQuery("")}><X /></Button>}
      </div>
      <Tabs place={place} />
      {spam && <SpamReasons place={place} spam={spam} />}
      <BotTrouble />
      <div className="min-h-0 flex-1">
        {phone && untouched
          ? <div className="scroll-area h-full p-3"><BotSetupCard /></div>
          : phone && q === "" ? <FirstSteps className="scroll-area h-full p-3" fallback={list} /> : list}
      </div>
    </Region>
  )
}

/** Writes the typed text into the address after a pause, and the text of an address from elsewhere into the field. */
function useSearchField(place: InboxPlace, openId: number | null) {
  const [query, setQuery] = useState(place.q)
  const written = useRef(place.q)
  const settled = useDebounced(query.trim(), searchDelayMs)
  const latest = useLatest({ place, openId })
  useEffect(() => {
    if (written.current === settled) return
    written.current = settled
    const to = { ...latest.current.place, q: settled }
    navigate(latest.current.openId === null ? listPath(to) : chatPath(latest.current.openId, to), { replace: true })
  }, [settled, latest])
  useEffect(() => {
    if (place.q === written.current) return
    written.current = place.q
    setQuery(place.q)
  }, [place.q])
  return [query, setQuery] as const
}

function Tabs({ place }: { place: InboxPlace }) {
  const { assignee, spam } = place
  /** The list of spam is under no tab, and every tab leads out of it. */
  const status = spam ? null : place.status
  const t = useT()
  const counts = useCounts(place)
  const bar = useRef<HTMLDivElement>(null)
  const counted = counts !== undefined
  // A key may select a tab that is out of sight, in a narrow list or with long texts.
  useEffect(() => {
    bar.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }, [status, counted])
  const number: Partial<Record<StatusFilter, number | undefined>> = { waiting: counts?.waiting, active: counts?.active }
  const unread: Partial<Record<StatusFilter, number | undefined>> = { waiting: counts?.waiting_unread, active: assignee === "none" ? 0 : counts?.mine_unread }
  const move = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0
    if (by === 0) return
    const at = (tabs.indexOf(place.status) + by + tabs.length) % tabs.length
    event.preventDefault()
    navigate(listPath(tabOf(place, tabs[at] ?? "waiting")))
    bar.current?.querySelectorAll<HTMLElement>("a")[at]?.focus()
  }
  return (
    <nav aria-label={t.inbox.tabs} data-testid="list-tabs" className="shrink-0 overflow-x-auto overflow-y-hidden border-b px-2 [scrollbar-width:none]">
      {/* The texts and numbers of both languages fit from 1280 pixels and on a phone; the remaining space is between the tabs. */}
      <div ref={bar} className="flex min-w-fit justify-between" onKeyDown={move}>
        {tabs.map((tab) => {
          const n = number[tab]
          return (
            <Link
              key={tab}
              href={listPath(tabOf(place, tab))}
              aria-current={tab === status ? "page" : undefined}
              title={counts && n !== undefined && (unread[tab] ?? 0) > 0 ? `${t.status[tab]}: ${countText(n, counts)}` : undefined}
              className={cn(
                "relative flex h-10 min-w-8 shrink-0 items-center justify-center rounded-t-md px-1 text-[13px] whitespace-nowrap text-muted-foreground hover:text-foreground -outline-offset-2 max-md:min-w-10",
                tab === status && "font-semibold text-foreground after:absolute after:inset-x-1 after:bottom-0 after:h-0.5 after:rounded-full after:bg-primary",
              )}
            >
              <span className="flex items-baseline gap-1">
                {t.status[tab]}
                {counts && (unread[tab] ?? 0) > 0 && (
                  <span data-testid="tab-unread" className="rounded-full bg-primary px-1.5 text-[11px] font-semibold text-primary-foreground tabular-nums">
                    <span aria-hidden="true">{countText(unread[tab] ?? 0, counts)}</span>
                    <span className="sr-only">{t.inbox.unreadConversations(unread[tab] ?? 0)}</span>
                  </span>
                )}
                {counts && n !== undefined && n > 0 && (
                  <span className={(unread[tab] ?? 0) > 0 ? "sr-only" : "text-xs font-normal text-subtle tabular-nums"}>{countText(n, counts)}</span>
                )}
              </span>
            </Link>
          )
        })}
      </div>
    </nav>
  )
}

/** Why the shown conversations are spam. */
function SpamReasons({ place, spam }: { place: InboxPlace; spam: SpamFilter }) {
  const t = useT()
  return (
    <nav aria-label={t.inbox.spamReasons} data-testid="spam-reasons" className="flex shrink-0 gap-1 overflow-x-auto border-b px-3 py-2 [scrollbar-width:none]">
      {spamFilters.map((one) => (
        <Link
          key={one}
          href={listPath({ ...place, spam: one })}
          aria-current={one === spam ? "page" : undefined}
          className={cn("flex h-7 shrink-0 items-center rounded-full border px-2.5 text-xs whitespace-nowrap text-muted-foreground hover:text-foreground max-md:h-9 max-md:px-3.5", one === spam && "border-primary bg-primary-soft font-medium text-link")}
        >
          {one === "all" ? t.inbox.spamAll : t.conversation.spamReason[one]}
        </Link>
      ))}
    </nav>
  )
}

function FilterMenu({ place, openId }: { place: InboxPlace; openId: number | null }) {
  const t = useT()
  const bots = useBots() ?? []
  const counts = useCounts()
  const go = (change: Partial<InboxPlace>) => {
    const { bot, ...to } = { ...place, ...change }
    show({ ...to, ...(bot && { bot }) })
  }
  const show = (next: InboxPlace) => {
    navigate(openId === null ? listPath(next) : chatPath(openId, next), { replace: true })
  }
  const choices: readonly [AssigneeFilter, string][] = [["any", t.inbox.anyone], ["me", t.inbox.mine], ["none", t.inbox.nobody]]
  const whose = choices.find(([choice]) => choice === place.assignee)?.[1] ?? ""
  const ofBot = bots.find(({ id }) => String(id) === place.bot)
  const chosen = [...(place.assignee === "any" ? [] : [whose]), ...(ofBot ? [botName(ofBot)] : []), ...(place.tag ? [place.tag] : []), ...(place.spam ? [t.inbox.spam] : [])].join(", ")
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant={chosen ? "soft" : "ghost"} size="sm" className="min-w-10 max-w-40" aria-label={`${t.inbox.assignee}: ${chosen || whose}`}><FilterIcon /><span className="truncate">{chosen}</span></Button>
      </MenuTrigger>
      <MenuContent align="end">
        <MenuLabel>{t.inbox.assignee}</MenuLabel>
        {choices.map(([choice, label]) => <MenuChoice key={choice} checked={choice === place.assignee} onSelect={() => go({ assignee: choice })}>{label}</MenuChoice>)}
        {bots.length > 1 && (
          <>
            <MenuSeparator />
            <MenuLabel>{t.bot.which}</MenuLabel>
            <MenuChoice checked={!place.bot} onSelect={() => go({ bot: "" })}>{t.bot.whichever}</MenuChoice>
            {bots.map((bot) => <MenuChoice key={bot.id} checked={String(bot.id) === place.bot} onSelect={() => go({ bot: String(bot.id) })}>{botName(bot)}</MenuChoice>)}
          </>
        )}
        {place.tag && (
          <>
            <MenuSeparator />
            <MenuLabel>{t.customer.sourceTag}</MenuLabel>
            <MenuChoice checked onSelect={() => show(place)}><bdi>{place.tag}</bdi></MenuChoice>
            <MenuChoice checked={false} onSelect={() => show(withoutTag(place))}>{t.inbox.anyTag}</MenuChoice>
          </>
        )}
        <MenuSeparator />
        <MenuChoice alone checked={place.spam !== undefined} onSelect={() => show(place.spam ? tabOf(place, "waiting") : { ...tabOf(place, "all"), spam: "all" })}>
          <span className="flex-1">{t.inbox.spam}</span>
          {counts && counts.spam > 0 && <span data-testid="spam-count" className="ml-4 text-xs text-subtle tabular-nums">{countText(counts.spam, counts)}</span>}
        </MenuChoice>
      </MenuContent>
    </Menu>
  )
}

const withoutTag = ({ status, assignee, q, bot, spam }: InboxPlace): InboxPlace => ({ status, assignee, q, ...(bot && { bot }), ...(spam && { spam }) })

function BotTrouble() {
  const t = useT().bot
  const trouble = useBotTrouble()
  if (!trouble) return null
  return (
    <p role="alert" className="m-3 mb-1 rounded-lg bg-destructive-soft px-3 py-2 text-[13px] text-destructive">
      {trouble} <Link href="/settings/bot" className="font-medium underline underline-offset-2">{t.openSettings}</Link>
    </p>
  )
}
