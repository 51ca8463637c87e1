import { useId, type ComponentProps, type ReactNode } from "react"
import { cn } from "../lib/cn"

const control =
  "w-full rounded-lg border border-input bg-surface px-3 text-sm text-foreground placeholder:text-subtle transition-[border-color,box-shadow] duration-150 focus-visible:border-ring focus-visible:outline-none focus-visible:ring-3 focus-visible:ring-ring/25 aria-invalid:border-destructive disabled:opacity-60 max-md:text-base"

/**
 * The browser's dialog focuses the element with this attribute when it opens, and React does not set it. On a touch screen the
 * keyboard would cover the dialog.
 */
export function startsHere(element: HTMLElement | null): void {
  if (!matchMedia("(pointer: coarse)").matches) element?.setAttribute("autofocus", "")
}

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input data-slot="input" ref={props.autoFocus ? startsHere : undefined} className={cn(control, "h-10", className)} {...props} />
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea data-slot="textarea" ref={props.autoFocus ? startsHere : undefined} className={cn(control, "min-h-24 resize-y py-2.5 leading-relaxed", className)} {...props} />
}

export function Select({ className, ...props }: ComponentProps<"select">) {
  return <select data-slot="select" className={cn(control, "h-10 pr-8", className)} {...props} />
}

interface FieldProps {
  label: string
  hint?: ReactNode
  error?: string | null | undefined
  children: (props: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode
}

/** A label, a control, and below it the hint or the error, connected for screen readers. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-[13px] font-medium">{label}</label>
      {children({ id, ...(note && { "aria-describedby": `${id}-note` }), ...(error && { "aria-invalid": true as const }) })}
      {note && (
        <p id={`${id}-note`} role={error ? "alert" : undefined} className={cn("text-[13px]", error ? "text-destructive" : "text-subtle")}>
          {note}
        </p>
      )}
    </div>
  )
}

export function FormError({ children }: { children: ReactNode }) {
  if (!children) return null
  return (
    <p role="alert" className="animate-rise rounded-lg bg-destructive-soft px-3 py-2.5 text-[13px] text-destructive">
      {children}
    </p>
  )
}
