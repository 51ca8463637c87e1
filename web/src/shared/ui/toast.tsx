import { CircleAlert, X } from "lucide-react"
import { createPortal } from "react-dom"
import { useT } from "../i18n"
import { ApiFailure } from "../api/http"
import { getT } from "../i18n"
import { createStore, useStore } from "../lib/store"
import { Button } from "./button"

interface Toast {
  id: number
  kind: "done" | "error"
  text: string
  action?: { label: string; run: () => void } | undefined
}

const shownMs = 6000
const most = 3
const toasts = createStore<readonly Toast[]>([])
const timers = new Map<number, ReturnType<typeof setTimeout>>()
let nextId = 1

function dismiss(id: number): void {
  hold(id)
  toasts.set((old) => old.filter((toast) => toast.id !== id))
}

/** Stops the timer of a toast: while it has the pointer or the focus, it stays. */
function hold(id: number): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
}

function letGo(id: number): void {
  hold(id)
  timers.set(id, setTimeout(() => dismiss(id), shownMs))
}

function show(toast: Omit<Toast, "id">): void {
  const id = nextId++
  toasts.set((old) => [...old.filter((other) => other.text !== toast.text), { ...toast, id }].slice(-most))
  letGo(id)
}

function act({ id, action }: Toast): void {
  dismiss(id)
  action?.run()
}

/** The latest toast with an action, mostly one that undoes something. */
const undoable = () => toasts.get().findLast(({ action }) => action !== undefined)
export const canUndo = () => undoable() !== undefined
export function undoLast(): void {
  const last = undoable()
  if (last) act(last)
}

export const toast = {
  done: (text: string, action?: Toast["action"]) => show({ kind: "done", text, ...(action && { action }) }),
  error: (text: string) => show({ kind: "error", text }),
}

/** The error in the operator's language, and what to do. */
export function explain(error: unknown): string {
  const { common, errors } = getT()
  if (!(error instanceof ApiFailure)) return errors.internal
  const text = errors[error.code] ?? error.message
  // The first sentence says what happened; the time replaces the second one, the advice to wait a little.
  if (error.retryAfterSeconds !== null) return `${text.split(/(?<=\.) /)[0]} ${common.retryIn(error.retryAfterSeconds)}`
  // The field and the reason are in the server's message only.
  return error.code === "invalid_field" && error.message ? `${text} (${error.message})` : text
}

export function toastFailure(error: unknown): void {
  toast.error(explain(error))
}

const slot = createStore<HTMLElement | null>(null)
const corner = createStore<HTMLElement | null>(null)

/** The element in which a wide screen stacks floating elements above the toasts; null where the toasts have a slot. */
export const useCorner = () => useStore(corner)

/** A slot for toasts in the page's flow, for pages where a floating toast would cover messages. */
export function ToastSlot({ className }: { className?: string }) {
  return <div ref={slot.set} className={className} />
}

/** At the bottom of the list, never over messages or the field; on a phone above the navigation, or in the chat's slot. */
export function Toaster() {
  const place = useStore(slot)
  if (place) return createPortal(<Toasts className="flex flex-col gap-2 px-3 pt-1 pb-1.5 empty:hidden" />, place)
  return (
    <div className="pointer-events-none fixed bottom-4 left-4 z-40 flex w-[20.5rem] flex-col gap-2 xl:w-[21.5rem] md:left-[4.5rem] max-lg:w-[17rem] max-md:inset-x-3 max-md:bottom-[calc(4.25rem+env(safe-area-inset-bottom))] max-md:w-auto">
      <div ref={corner.set} className="contents" />
      <Toasts className="flex flex-col gap-2 empty:hidden" />
    </div>
  )
}

function Toasts({ className }: { className: string }) {
  const t = useT()
  const list = useStore(toasts)
  return (
    <div role="status" aria-live="polite" data-testid="toasts" className={className}>
      {list.map((one) => {
        const { id, kind, text, action } = one
        return (
          <div
            key={id}
            onPointerEnter={() => hold(id)}
            onPointerLeave={() => letGo(id)}
            onFocus={() => hold(id)}
            onBlur={() => letGo(id)}
            className="pointer-events-auto flex max-w-full animate-rise items-center gap-2.5 rounded-xl bg-[#1d212a] py-1.5 pr-1.5 pl-3.5 text-[13px] text-white shadow-lg dark:bg-[#2c323e]"
          >
            {kind === "error" && <CircleAlert className="size-4 shrink-0 text-[#ff9d95]" aria-hidden="true" />}
            <span className="min-w-0 flex-1 py-1 wrap-anywhere">{text}</span>
            {action && (
              <button type="button" className="min-h-7 shrink-0 rounded-md px-2 py-1 font-medium text-[#a9c0ff] hover:bg-white/10 max-md:min-h-11" onClick={() => act(one)}>{action.label}</button>
            )}
            <Button variant="ghost" size="icon-sm" className="size-7 shrink-0 text-white/70 max-md:size-11 hover:bg-white/10 hover:text-white" aria-label={t.common.dismiss} onClick={() => dismiss(id)}><X /></Button>
          </div>
        )
      })}
    </div>
  )
}
