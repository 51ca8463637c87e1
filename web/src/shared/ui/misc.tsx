import type { LucideIcon } from "lucide-react"
import type { ComponentProps, ReactNode } from "react"
import { cn } from "../lib/cn"

type Tone = "neutral" | "primary" | "success" | "warning" | "danger"

const tones: Record<Tone, string> = {
  neutral: "bg-accent text-muted-foreground",
  primary: "bg-primary-soft text-link",
  success: "bg-success-soft text-success",
  warning: "bg-warning-soft text-warning",
  danger: "bg-destructive-soft text-destructive",
}

export function Badge({ tone = "neutral", className, children, ...rest }: ComponentProps<"span"> & { tone?: Tone }) {
  return (
    <span {...rest} className={cn("inline-flex h-5 shrink-0 items-center gap-1.5 rounded-full px-2 text-xs font-medium whitespace-nowrap", tones[tone], className)}>
      {children}
    </span>
  )
}

const dots: Record<Tone, string> = {
  neutral: "bg-subtle", primary: "bg-primary", success: "bg-success-dot", warning: "bg-warning-dot", danger: "bg-destructive",
}

export function Dot({ tone, className }: { tone: Tone; className?: string }) {
  return <span aria-hidden="true" className={cn("inline-block size-2 shrink-0 rounded-full", dots[tone], className)} />
}

/** A number at the corner of an icon. */
export const countStyle = "box-content grid h-[17px] min-w-[9px] place-items-center rounded-full border-2 border-background px-1 text-[10px] leading-none font-semibold tabular-nums"

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={cn("animate-shimmer rounded-md bg-accent", className)} />
}

interface EmptyProps {
  icon: LucideIcon
  title: string
  body: string
  tone?: Tone
  children?: ReactNode
  className?: string
  /** The state fills the page, so that its title is the heading of the page. */
  page?: boolean
}

/** Shown in place of missing content: the reason, and what to do next. */
export function EmptyState({ icon: Icon, title, body, tone = "neutral", children, className, page = false }: EmptyProps) {
  const Title = page ? "h1" : "h2"
  return (
    <div className={cn("flex h-full flex-col items-center justify-center px-8 py-12 text-center", className)}>
      <span className={cn("mb-4 grid size-12 place-items-center rounded-2xl", tones[tone])}><Icon className="size-5.5" aria-hidden="true" /></span>
      <Title className="text-[15px] font-semibold">{title}</Title>
      <p className="mt-1.5 max-w-72 text-[13px] leading-relaxed text-pretty text-muted-foreground">{body}</p>
      {children && <div className="mt-5 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  )
}

interface SwitchProps {
  checked: boolean
  onChange: (checked: boolean) => void
  label: string
  hint?: string
  disabled?: boolean
}

export function Switch({ checked, onChange, label, hint, disabled = false }: SwitchProps) {
  return (
    <label className="flex min-h-10 cursor-pointer items-center justify-between gap-6 py-1.5">
      <span>
        <span className="block text-sm font-medium">{label}</span>
        {hint && <span className="mt-0.5 block text-[13px] text-subtle">{hint}</span>}
      </span>
      <span className="relative inline-flex shrink-0">
        <input
          type="checkbox"
          role="switch"
          className="peer absolute inset-0 z-10 m-0 size-full cursor-pointer appearance-none rounded-full"
          checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span className="h-6 w-10 rounded-full bg-input transition-colors peer-checked:bg-primary peer-disabled:opacity-50" />
        <span className="pointer-events-none absolute top-0.5 left-0.5 size-5 rounded-full bg-white shadow-sm transition-transform peer-checked:translate-x-4" />
      </span>
    </label>
  )
}

interface SegmentedProps<T extends string> {
  label: string
  value: T
  options: readonly { value: T; label: string; icon?: LucideIcon }[]
  onChange: (value: T) => void
}

export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  return (
    <fieldset className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 py-1.5">
      <legend className="float-left text-sm font-medium">{label}</legend>
      <div className="inline-flex rounded-lg bg-accent p-0.5">
        {options.map(({ value: option, label: text, icon: Icon }) => (
          <label
            key={option}
            className="flex h-8 cursor-pointer items-center gap-1.5 rounded-md px-3 text-[13px] text-muted-foreground transition-colors has-checked:bg-surface dark:has-checked:bg-input has-checked:font-medium has-checked:text-foreground has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-ring max-md:h-10"
          >
            <input type="radio" className="sr-only" name={label} checked={option === value} onChange={() => onChange(option)} />
            {Icon && <Icon className="size-3.5" aria-hidden="true" />}
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
