import { X } from "lucide-react"
import { useEffect, useId, useRef, type ReactNode } from "react"
import { useT } from "../i18n"
import { cn } from "../lib/cn"
import { Button } from "./button"

interface DialogProps {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  children: ReactNode
  /** For contents with a header: the title is then for screen readers only. */
  bare?: boolean
  /** At the bottom edge of a phone, where the thumb is. */
  sheet?: boolean
  className?: string
}

/**
 * The browser's modal dialog: it traps the focus, closes on Escape, makes the rest of the page inert, and needs no injected
 * style, which the content security policy would refuse.
 */
export function Dialog({ open, onClose, title, description, children, bare = false, sheet = false, className }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  const t = useT()
  useEffect(() => {
    const dialog = ref.current
    if (!dialog || !open) return
    const before = document.activeElement
    dialog.showModal()
    return () => {
      dialog.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [open])
  if (!open) return null
  return (
    <dialog
      ref={ref}
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-text` : undefined}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose()
      }}
      className={cn(
        "m-auto w-[min(30rem,calc(100vw-2rem))] animate-in rounded-2xl border bg-surface p-0 text-foreground shadow-lg",
        className,
        sheet && "max-md:mb-0 max-md:w-full max-md:max-w-none max-md:animate-rise max-md:rounded-b-none max-md:border-x-0 max-md:border-b-0 max-md:pb-[env(safe-area-inset-bottom)]",
      )}
    >
      {bare ? (
        <>
          <h2 id={`${id}-title`} className="sr-only">{title}</h2>
          {children}
        </>
      ) : (
        <div className="flex max-h-[85dvh] flex-col">
          <header className="flex items-start gap-4 px-6 pt-5 pb-3">
            <div className="min-w-0 flex-1">
              <h2 id={`${id}-title`} className="text-base font-semibold">{title}</h2>
              {description && <p id={`${id}-text`} className="mt-1 text-sm text-muted-foreground">{description}</p>}
            </div>
            <Button variant="ghost" size="icon-sm" className="-mt-1 -mr-2" aria-label={t.common.close} onClick={onClose}><X /></Button>
          </header>
          <div tabIndex={0} className="scroll-area scroll-hint px-6 pb-6 -outline-offset-2">{children}</div>
        </div>
      )}
    </dialog>
  )
}

interface ConfirmProps {
  open: boolean
  onClose: () => void
  onConfirm: () => void
  title: string
  body: string
  action: string
  destructive?: boolean
  busy?: boolean
}

export function ConfirmDialog({ open, onClose, onConfirm, title, body, action, destructive = false, busy = false }: ConfirmProps) {
  const t = useT()
  return (
    <Dialog open={open} onClose={onClose} title={title} description={body}>
      <div className="mt-3 flex justify-end gap-2">
        <Button variant="outline" onClick={onClose}>{t.common.cancel}</Button>
        <Button variant={destructive ? "destructive" : "default"} busy={busy} onClick={onConfirm}>{action}</Button>
      </div>
    </Dialog>
  )
}
