import { useQuery } from "@tanstack/react-query"
import type { LucideIcon } from "lucide-react"
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react"
import { limits, type Conversation } from "@/contract"
import { useMe } from "@/features/access"
import { listKey, openConversationAt, searchConversations, statusTone, type ListState } from "@/features/conversation"
import { openConversation } from "@/features/inbox"
import { useT } from "@/shared/i18n"
import { allows, usable, type Action } from "@/shared/lib/action"
import { cn } from "@/shared/lib/cn"
import { actionsOf, choicesOf } from "@/shared/lib/feature"
import { useDebounced } from "@/shared/lib/hooks"
import { queryClient } from "@/shared/lib/query"
import { navigate } from "@/shared/lib/router"
import { createStore, useStore } from "@/shared/lib/store"
import { statusName } from "@/shared/lib/words"
import { Avatar } from "@/shared/ui/avatar"
import { Keys } from "@/shared/ui/keys"
import { Badge } from "@/shared/ui/misc"
import { match, recentFirst, remember, type Match, type Offer } from "./palette-filter"
import { PaletteFrame } from "./palette-frame"
import { sections } from "./sections"
import { paletteEnter, paletteQuery } from "./ui-state"

interface Entry extends Offer {
  icon?: LucideIcon
  person?: Conversation
  keys?: string | undefined
  run: () => void
}

const searchDelayMs = 150
const mostPeople = 8
/** Choices since the page was loaded; a customer's entry is kept whole, since it may not be among the loaded ones later. */
const recent = createStore<readonly string[]>([])
const recentPeople = new Map<string, Conversation>()

export default function Palette({ onClose }: { onClose: () => void }) {
  const t = useT()
  const query = useStore(paletteQuery)
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const everything = useEntries()
  const people = usePeople(query.trim().slice(0, limits.query_max))
  const shown = useMemo(() => {
    if (query.trim() !== "") return [...match(everything, query), ...people.found.map((person): Match<Entry> => ({ offer: personEntry(person, t.palette.people), because: null }))]
    const known = [...everything, ...[...recentPeople.values()].map((person) => personEntry(person, t.palette.people))]
    const lately = recentFirst(known, recent.get(), t.palette.recent).filter(({ person, group }) => !person || group === t.palette.recent)
    return lately.map((offer): Match<Entry> => ({ offer, because: null }))
  }, [everything, people.found, query, t])
  const active = shown[Math.min(at, shown.length - 1)]?.offer
  const { searching, failed } = people

  const choose = (entry: Entry | undefined) => {
    if (!entry) return
    recent.set((old) => remember(old, entry.id))
    if (entry.person) recentPeople.set(entry.id, entry.person)
    onClose()
    // After the dialog has restored the focus, so that an action can move it.
    setTimeout(entry.run)
  }
  useEffect(() => {
    if (!paletteEnter.get() || searching) return
    paletteEnter.set(false)
    choose(active)
  })
  const move = (to: number) => {
    const next = (to + shown.length) % Math.max(1, shown.length)
    setAt(next)
    list.current?.querySelector(`[data-at="${next}"]`)?.scrollIntoView({ block: "nearest" })
  }
  const key = (event: KeyboardEvent) => {
    const here = Math.min(at, shown.length - 1)
    if (event.key === "ArrowDown") move(here + 1)
    else if (event.key === "ArrowUp") move(here - 1)
    else if (event.key === "PageDown") move(Math.min(shown.length - 1, here + 8))
    else if (event.key === "PageUp") move(Math.max(0, here - 8))
    else if (event.key === "Enter") choose(active)
    else return
    event.preventDefault()
  }

  return (
    <PaletteFrame
      busy={searching}
      onClose={onClose}
      field={{
        role: "combobox",
        "aria-expanded": "true",
        "aria-autocomplete": "list",
        "aria-controls": "palette-list",
        "aria-activedescendant": active ? `palette-${active.id}` : undefined,
        onKeyDown: key,
        onChange: (event) => {
          paletteQuery.set(event.target.value)
          setAt(0)
        },
      }}
    >
      <div ref={list} id="palette-list" role="listbox" aria-label={t.palette.title} className="scroll-area p-1.5">
        {shown.map(({ offer, because }, index) => (
          <Row key={offer.id} entry={offer} because={because} first={offer.group !== shown[index - 1]?.offer.group} index={index} active={offer === active} onActive={() => setAt(index)} onChoose={() => choose(offer)} />
        ))}
      </div>
      <p role="status" className={cn("px-4 text-center text-[13px] text-muted-foreground", shown.length === 0 || failed ? "py-8" : "sr-only")}>
        {failed ? t.palette.failed : searching ? t.palette.searching : shown.length > 0 ? "" : t.palette.empty(query.trim())}
      </p>
    </PaletteFrame>
  )
}

/** All actions: on the open conversation, of the panel, and every page of the settings. */
function useEntries(): readonly Entry[] {
  const t = useT()
  const session = useMe()
  const { operator: me } = session
  // The conversation that was open when the palette was opened.
  const [context] = useState(openConversation)
  return useMemo(() => {
    const entries = <C,>(actions: readonly Action<C>[], group: string, about: C): Entry[] =>
      actions.filter((action) => usable(action, session, about)).map((action) => ({
        id: action.id, group, name: action.name(t, about), icon: action.icon, keys: action.shortcut ?? action.chord, run: () => void action.run(about),
      }))
    return [
      ...(context ? entries([...actionsOf("conversation"), ...choicesOf("conversation", context)], context.conversation.customer.name, context) : []),
      ...entries(actionsOf("panel"), t.palette.commands, { me }),
      ...sections.filter(({ permission }) => allows(session, permission)).map(({ section, icon, name, holds }): Entry => ({
        id: `settings.${section}`, group: t.settings.title, name: name(t), icon, holds: holds(t), run: () => navigate(`/settings/${section}`),
      })),
    ]
  }, [context, session, me, t])
}

function personEntry(person: Conversation, group: string): Entry {
  return { id: `person-${person.id}`, group, name: person.customer.name, person, run: () => openConversationAt(person.id, "composer") }
}

/** The loaded customers at once, and the server's results when they arrive; an older request is dropped. */
function usePeople(query: string) {
  const asked = useDebounced(query, searchDelayMs)
  const { data, isFetching, isError } = useQuery({
    queryKey: ["palette-people", asked],
    queryFn: ({ signal }) => searchConversations(asked, mostPeople, signal),
    enabled: asked !== "" && asked === query,
    gcTime: 30_000,
    staleTime: 5_000,
  })
  const answered = asked === query ? data : undefined
  const found = useMemo(() => {
    if (query === "") return []
    const all = new Map([...loadedPeople(query), ...(answered ?? [])].map((person) => [person.id, person]))
    return [...all.values()].slice(0, mostPeople)
  }, [query, answered])
  return { found, searching: query !== "" && (asked !== query || isFetching), failed: isError && asked === query && found.length === 0 }
}

function loadedPeople(query: string): Conversation[] {
  const rows = queryClient.getQueriesData<ListState>({ queryKey: [listKey] }).flatMap(([, list]) => list?.rows ?? [])
  const people = rows.map(({ conversation }) => ({ id: String(conversation.id), group: "", name: `${conversation.customer.name} ${conversation.customer.username ?? ""}`, conversation }))
  return match(people, query).map(({ offer }) => offer.conversation)
}

interface RowProps {
  entry: Entry
  because: string | null
  /** The first entry of its group. */
  first: boolean
  index: number
  active: boolean
  onActive: () => void
  onChoose: () => void
}

function Row({ entry: { id, group, name, icon: Icon, person, keys }, because, first, index, active, onActive, onChoose }: RowProps) {
  const t = useT()
  return (
    <>
      {first && <p role="presentation" className="truncate px-3 pt-2.5 pb-1 text-xs font-medium text-subtle">{group}</p>}
      <div
        role="option"
        id={`palette-${id}`}
        data-at={index}
        aria-selected={active}
        onMouseMove={onActive}
        onClick={onChoose}
        className={cn("flex min-h-10 cursor-pointer items-center gap-3 rounded-lg px-3 text-sm max-md:min-h-12", active && "bg-accent")}
      >
        {person ? <Avatar name={person.customer.name} id={person.customer.id} photo={person.customer.photo_id} className="-mx-1 size-6 text-[9px]" /> : Icon && <Icon className="size-4 shrink-0 text-subtle" aria-hidden="true" />}
        <span className="flex min-w-0 flex-1 items-baseline gap-2">
          <span dir="auto" className="truncate">{name}</span>
          {because && <span className="truncate text-[13px] text-muted-foreground">{because}</span>}
          {person?.customer.username && <span className="truncate text-[13px] text-muted-foreground">@{person.customer.username}</span>}
        </span>
        {person && <Badge tone={statusTone[person.status]}>{statusName(person, t)}</Badge>}
        {keys && <Keys shortcut={keys} className="shrink-0 text-subtle max-md:hidden" />}
      </div>
    </>
  )
}
