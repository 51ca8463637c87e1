import type { LucideIcon } from "lucide-react"
import type { ReactNode } from "react"
import { cn } from "@/shared/lib/cn"
import type { Piece, State } from "../view"

export interface PieceProps {
  piece: Piece
  state: State
}

const tones = {
  calm: "bg-code text-muted-foreground",
  blue: "bg-primary text-primary-foreground",
  green: "bg-success-soft text-success",
  amber: "bg-warning-soft text-warning",
  red: "bg-destructive-soft text-destructive",
  soft: "bg-primary-soft text-link",
}

export type Tone = keyof typeof tones

export function Tile({ icon: Icon, tone = "calm", className }: { icon: LucideIcon; tone?: Tone; className?: string }) {
  return <span className={cn("grid size-10 shrink-0 place-items-center rounded-xl", tones[tone], className)}><Icon className="size-5" aria-hidden="true" /></span>
}

interface CardProps {
  kind: string
  tile?: ReactNode
  title?: string | undefined
  children?: ReactNode
  className?: string
}

/** An icon, a title and further lines. */
export function Card({ kind, tile, title, children, className }: CardProps) {
  return (
    <div data-testid="piece" data-kind={kind} className={cn("flex items-start gap-3 px-3 pt-2.5 pb-1", className)}>
      {tile}
      <div className="min-w-0 flex-1">
        {title && <p dir="auto" className="text-left font-medium wrap-anywhere">{title}</p>}
        {children}
      </div>
    </div>
  )
}

export function Fact({ children, className }: { children: ReactNode; className?: string }) {
  return <p className={cn("text-[13px] text-muted-foreground tabular-nums wrap-anywhere", className)}>{children}</p>
}

/** A space at the end of the last line for the time (bubble.tsx); it wraps to a new line if there is no room. */
export function Foot() {
  return <span aria-hidden="true" className="inline-block h-3 w-14 shrink-0 align-baseline in-data-edited:w-24 in-[dialog]:hidden" />
}

/** Links and buttons below the text of a card. */
export const actionStyle = "inline-flex min-h-7 items-center gap-1.5 rounded text-[13px] font-medium whitespace-nowrap text-link underline-offset-2 hover:underline max-md:min-h-10"
