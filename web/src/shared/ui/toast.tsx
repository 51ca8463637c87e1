import { CircleAlert, CircleCheck, X } from "lucide-react"
import { useT } from "../i18n"
import { ApiFailure } from "../api/http"
import { getT } from "../i18n"
import { cn } from "../lib/cn"
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
let nextId = 1

function dismiss(id: number): void {
  toasts.set((old) => old.filter((toast) => toast.id !== id))
}

function show(toast: Omit<Toast, "id">): void {
  const id = nextId++
  toasts.set((old) => [...old.filter((other) => other.text !== toast.text), { ...toast, id }].slice(-most))
  setTimeout(() => dismiss(id), shownMs)
}

export const toast = {
  done: (text: string, action?: Toast["action"]) => show({ kind: "done", text, ...(action && { action }) }),
  error: (text: string) => show({ kind: "error", text }),
}

/** An error in the person's language, with the advice what to do. */
export function explain(error: unknown): string {
  const { common, errors } = getT()
  if (!(error instanceof ApiFailure)) return errors.internal
  const text = errors[error.code] ?? error.message
  // The first sentence says what happened; the advice to wait a little gives way to the time.
  if (error.retryAfterSeconds !== null) return `${text.split(/(?<=\.) /)[0]} ${common.retryIn(error.retryAfterSeconds)}`
  // Which field and why, only the server knows.
  return error.code === "invalid_field" && error.message ? `${text} (${error.message})` : text
}

export function toastFailure(error: unknown): void {
  toast.error(explain(error))
}

export function Toaster() {
  const t = useT()
  const list = useStore(toasts)
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-0 top-17 z-60 flex flex-col items-center gap-2 px-4">
      {list.map(({ id, kind, text, action }) => (
        <div
          key={id}
          className="pointer-events-auto flex max-w-full animate-rise items-center gap-3 rounded-xl bg-[#1d212a] py-2 pr-2 pl-4 text-sm text-white shadow-lg dark:bg-[#2c323e]"
        >
          {kind === "done" ? <CircleCheck className="size-4 shrink-0 text-[#5fd3a4]" /> : <CircleAlert className="size-4 shrink-0 text-[#ff9d95]" />}
          <span className="py-1">{text}</span>
          {action && (
            <button
              type="button"
              className={cn("rounded-md px-2 py-1 font-medium text-[#a9c0ff] hover:bg-white/10")}
              onClick={() => {
                dismiss(id)
                action.run()
              }}
            >
              {action.label}
            </button>
          )}
          <Button variant="ghost" size="icon-sm" className="size-7 text-white/70 hover:bg-white/10 hover:text-white" aria-label={t.common.close} onClick={() => dismiss(id)}><X /></Button>
        </div>
      ))}
    </div>
  )
}
