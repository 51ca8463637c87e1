import { MessageSquare, Search } from "lucide-react"
import { useMemo, useRef, useState, type KeyboardEvent } from "react"
import { useMe } from "@/features/access"
import { assignActions, conversationActions, listKey, type ListState } from "@/features/conversation"
import { useT, type Catalogue } from "@/shared/i18n"
import { usable } from "@/shared/lib/action"
import { cn } from "@/shared/lib/cn"
import { queryClient } from "@/shared/lib/query"
import { navigate } from "@/shared/lib/router"
import { Dialog } from "@/shared/ui/dialog"
import { Keys } from "@/shared/ui/keys"
import { commands } from "./commands"
import { openConversation } from "./use-shortcuts"

interface Entry {
  id: string
  group: string
  name: string
  icon: typeof Search
  shortcut?: string | undefined
  run: () => void
}

const mostPeople = 6

export default function Palette({ onClose }: { onClose: () => void }) {
  const t = useT()
  const { operator: me, permissions } = useMe()
  const [query, setQuery] = useState("")
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  // The conversation that was open when the palette came up.
  const [context] = useState(openConversation)

  const everything = useMemo((): Entry[] => {
    const about = context ? [...conversationActions, ...assignActions(context)].filter((action) => usable(action, permissions, context)) : []
    return [
      ...about.map((action) => ({ id: action.id, group: context?.conversation.customer.name ?? "", name: action.name(t, context!), icon: action.icon, shortcut: action.shortcut, run: () => void action.run(context!) })),
      ...commands.filter((command) => usable(command, permissions, { me })).map((command) => ({ id: command.id, group: t.palette.commands, name: command.name(t, { me }), icon: command.icon, shortcut: command.shortcut, run: () => void command.run({ me }) })),
    ]
  }, [context, permissions, me, t])

  const shown = useMemo(() => filter(everything, query, t), [everything, query, t])
  const active = shown[Math.min(at, shown.length - 1)]

  const choose = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    // After the dialog has given focus back, so that an action may move it.
    setTimeout(entry.run)
  }
  const move = (by: number) => {
    const next = (Math.min(at, shown.length - 1) + by + shown.length) % Math.max(1, shown.length)
    setAt(next)
    list.current?.querySelector(`[data-at="${next}"]`)?.scrollIntoView({ block: "nearest" })
  }
  const key = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(1)
    else if (event.key === "ArrowUp") move(-1)
    else if (event.key === "Enter") choose(active)
    else return
    event.preventDefault()
  }

  return (
    <Dialog open onClose={onClose} title={t.palette.title} bare className="mt-[12vh] w-[min(36rem,calc(100vw-2rem))]">
      <div className="flex max-h-[60dvh] flex-col" data-testid="palette">
        <div className="flex items-center gap-3 border-b px-4">
          <Search className="size-4.5 shrink-0 text-subtle" aria-hidden="true" />
          <input
            role="combobox"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={active ? `palette-${active.id}` : undefined}
            aria-label={t.palette.placeholder}
            placeholder={t.palette.placeholder}
            autoFocus
            value={query}
            onKeyDown={key}
            onChange={(event) => {
              setQuery(event.target.value)
              setAt(0)
            }}
            className="h-13 min-w-0 flex-1 bg-transparent text-[15px] outline-none placeholder:text-subtle"
          />
        </div>
        <div ref={list} id="palette-list" role="listbox" aria-label={t.palette.title} className="scroll-area p-1.5">
          {shown.length === 0 && <p className="px-3 py-8 text-center text-sm text-muted-foreground">{t.palette.empty}</p>}
          {shown.map((entry, index) => (
            <div key={entry.id}>
              {entry.group !== shown[index - 1]?.group && <p role="presentation" className="px-3 pt-2 pb-1 text-xs font-medium text-subtle">{entry.group}</p>}
              <div
                role="option"
                id={`palette-${entry.id}`}
                data-at={index}
                aria-selected={entry === active}
                onMouseMove={() => setAt(index)}
                onClick={() => choose(entry)}
                className={cn("flex min-h-10 cursor-pointer items-center gap-3 rounded-lg px-3 text-sm", entry === active && "bg-accent")}
              >
                <entry.icon className="size-4 shrink-0 text-subtle" aria-hidden="true" />
                <span className="min-w-0 flex-1 truncate">{entry.name}</span>
                {entry.shortcut && <Keys shortcut={entry.shortcut} className="text-subtle" />}
              </div>
            </div>
          ))}
        </div>
      </div>
    </Dialog>
  )
}

function filter(entries: readonly Entry[], query: string, t: Catalogue): Entry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...entries]
  const fits = (name: string) => words.every((word) => name.toLowerCase().includes(word))
  return [...entries.filter(({ name, group }) => fits(`${name} ${group}`)), ...people(fits, t)]
}

/** Those already loaded: the palette answers at once, the search of the list asks the server. */
function people(fits: (name: string) => boolean, t: Catalogue): Entry[] {
  const found = new Map<number, Entry>()
  for (const [, list] of queryClient.getQueriesData<ListState>({ queryKey: [listKey] }))
    for (const { conversation: { id, customer } } of list?.rows ?? []) {
      if (found.size >= mostPeople) break
      if (fits(`${customer.name} ${customer.username ?? ""}`)) found.set(id, { id: `person-${id}`, group: t.palette.people, name: customer.name, icon: MessageSquare, run: () => navigate(`/c/${id}`) })
    }
  return [...found.values()]
}
