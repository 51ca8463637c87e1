import { Check } from "lucide-react"
import {
  cloneElement, createContext, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type ComponentProps, type KeyboardEvent, type ReactElement, type ReactNode, type RefObject,
} from "react"
import { createPortal } from "react-dom"
import { cn } from "../lib/cn"
import { place, type Align, type Side } from "./place"

/**
 * A menu button after the ARIA pattern: arrows, Home, End and letters move, Enter and Space choose, Escape and Tab close.
 * A closed menu has no elements, and the menu injects no styles.
 */
interface MenuState {
  id: string
  open: boolean
  trigger: RefObject<HTMLElement | null>
  setOpen: (open: boolean) => void
}

const MenuContext = createContext<MenuState | null>(null)

function useMenu(): MenuState {
  const state = useContext(MenuContext)
  if (!state) throw new Error("A menu's part outside of a menu")
  return state
}

export function Menu({ children }: { children: ReactNode }) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const trigger = useRef<HTMLElement>(null)
  const state = useMemo(() => ({ id, open, trigger, setOpen }), [id, open])
  return <MenuContext value={state}>{children}</MenuContext>
}

/** Sets the menu's attributes on the given button, without a component in between, because every bubble has a menu. */
export function MenuTrigger({ children }: { children: ReactElement<ComponentProps<"button">>; asChild?: boolean }) {
  const { id, open, trigger, setOpen } = useMenu()
  return cloneElement(children, {
    ref: trigger as RefObject<HTMLButtonElement | null>,
    "aria-haspopup": "menu",
    "aria-expanded": open,
    "aria-controls": open ? id : undefined,
    ...{ "data-state": open ? "open" : "closed" },
    onClick: () => setOpen(!open),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "ArrowDown") return
      event.preventDefault()
      setOpen(true)
    },
  })
}

interface MenuContentProps {
  side?: Side
  align?: Align
  children: ReactNode
}

export function MenuContent(props: MenuContentProps) {
  return useMenu().open ? createPortal(<MenuBox {...props} />, document.body) : null
}

const itemsOf = (box: HTMLElement) => [...box.querySelectorAll<HTMLElement>('[role^="menuitem"]')]

function MenuBox({ side = "bottom", align = "start", children }: MenuContentProps) {
  const { id, trigger, setOpen } = useMenu()
  const box = useRef<HTMLDivElement>(null)

  useLayoutEffect(() => {
    const element = box.current
    const anchor = trigger.current
    if (!element || !anchor) return
    const { left, top } = place(anchor.getBoundingClientRect(), { width: element.offsetWidth, height: element.offsetHeight }, { side, align, gap: 6 })
    element.style.left = `${left}px`
    element.style.top = `${top}px`
    itemsOf(element)[0]?.focus({ preventScroll: true })
  }, [side, align, trigger])

  useEffect(() => {
    const outside = (event: PointerEvent) => {
      const target = event.target as Node
      if (!box.current?.contains(target) && !trigger.current?.contains(target)) setOpen(false)
    }
    const close = () => setOpen(false)
    document.addEventListener("pointerdown", outside, true)
    addEventListener("resize", close)
    return () => {
      document.removeEventListener("pointerdown", outside, true)
      removeEventListener("resize", close)
    }
  }, [setOpen, trigger])

  const leave = () => {
    setOpen(false)
    trigger.current?.focus()
  }
  const key = (event: KeyboardEvent<HTMLDivElement>) => {
    const items = itemsOf(event.currentTarget)
    const at = items.indexOf(document.activeElement as HTMLElement)
    const next = nextItem(event.key, items, at)
    if (next) next.focus()
    else if (event.key === "Escape" || event.key === "Tab") leave()
    else if (event.key === "Enter" || event.key === " ") items[at]?.click()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={box}
      id={id}
      role="menu"
      onKeyDown={key}
      className="scroll-area fixed top-0 left-0 z-50 max-h-[min(60dvh,26rem)] max-w-88 min-w-48 animate-in rounded-xl border bg-surface p-1.5 text-sm shadow-lg"
    >
      {children}
    </div>
  )
}

function nextItem(key: string, items: readonly HTMLElement[], at: number): HTMLElement | undefined {
  const beside = (one: HTMLElement | undefined) => one?.parentElement?.role === "group"
  if (key === "ArrowDown" && beside(items[at])) return items.find((one, i) => i > at && !beside(one)) ?? items[0]
  if (key === "ArrowDown" || (key === "ArrowRight" && beside(items[at]))) return items[(at + 1) % items.length]
  if (key === "ArrowUp" || (key === "ArrowLeft" && beside(items[at]))) return items.at((at <= 0 ? items.length : at) - 1)
  if (key === "Home") return items[0]
  if (key === "End") return items.at(-1)
  if (key.length !== 1 || key === " ") return undefined
  return [...items.slice(at + 1), ...items.slice(0, at + 1)].find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()))
}

const item =
  "relative flex w-full cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-2 text-left outline-none select-none hover:bg-accent focus:bg-accent max-md:py-2.5 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-subtle"

interface MenuItemProps {
  onSelect: () => void
  destructive?: boolean
  /** Why it cannot be chosen now; it stays in the menu with this reason. */
  refused?: string | undefined
  children: ReactNode
}

export function MenuItem({ onSelect, destructive = false, refused, children }: MenuItemProps) {
  const choose = useChoose(onSelect)
  if (refused)
    return (
      <div role="menuitem" aria-disabled="true" tabIndex={-1} className={cn(item, "flex-wrap cursor-default gap-y-0 text-subtle")}>
        {children}
        <span className="w-full pl-6.5 text-xs text-muted-foreground">{refused}</span>
      </div>
    )
  return (
    <div role="menuitem" tabIndex={-1} onClick={choose} className={cn(item, destructive && "text-destructive [&>svg]:text-destructive")}>
      {children}
    </div>
  )
}

/** One of several, or with `alone` one that is on or off. */
export function MenuChoice({ checked, alone = false, onSelect, children }: Omit<MenuItemProps, "destructive" | "refused"> & { checked: boolean; alone?: boolean }) {
  const choose = useChoose(onSelect)
  return (
    <div role={alone ? "menuitemcheckbox" : "menuitemradio"} aria-checked={checked} tabIndex={-1} onClick={choose} className={cn(item, "pr-9")}>
      {children}
      {checked && <Check className="absolute right-2.5 text-link!" aria-hidden="true" />}
    </div>
  )
}

/** Closes the menu and returns the focus to the button first, so that the chosen action may move the focus. */
function useChoose(onSelect: () => void): () => void {
  const { setOpen, trigger } = useMenu()
  return () => {
    setOpen(false)
    trigger.current?.focus()
    onSelect()
  }
}

/** Items side by side, such as emoji; the arrow keys pass through them like through the others. */
export function MenuRow({ label, children }: { label: string; children: ReactNode }) {
  return <div role="group" aria-label={label} className="flex flex-wrap gap-0.5">{children}</div>
}

export function MenuSign({ checked, label, onSelect, children }: { checked: boolean; label: string; onSelect: () => void; children: ReactNode }) {
  const choose = useChoose(onSelect)
  return (
    <div role="menuitemcheckbox" aria-checked={checked} aria-label={label} tabIndex={-1} onClick={choose} className={cn("grid size-9 cursor-pointer place-items-center rounded-lg text-xl outline-none select-none hover:bg-accent focus:bg-accent max-md:size-10", checked && "bg-primary-soft")}>
      {children}
    </div>
  )
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <div role="presentation" className="px-2.5 pt-1.5 pb-1 text-xs font-medium text-subtle">{children}</div>
}

export function MenuSeparator() {
  return <div role="separator" className="mx-1 my-1.5 h-px bg-border" />
}
