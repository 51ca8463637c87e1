import { memo } from "react"
import { part, PartFrame } from "@/shared/ui/part"
import { Skeleton } from "@/shared/ui/misc"
import { cn } from "@/shared/lib/cn"
import { PlaceholderCard } from "./placeholder"
import type { Piece } from "./view"

/** Players and cards come when the first of them is shown, or when the browser is idle. */
export const Pieces = part(() => import("./pieces"))

/** About what a piece takes, until it is there: the thread then does not jump. */
const heights: Partial<Record<Piece["kind"], string>> = {
  sticker: "size-48 rounded-3xl", video_note: "size-56 rounded-full", poll: "h-44 w-72", checklist: "h-40 w-72", gift: "h-48 w-48",
  location: "h-22 w-64", venue: "h-28 w-64", contact: "h-20 w-64", invoice: "h-28 w-64", payment: "h-20 w-64", web_app_data: "h-36 w-72",
}

export const PieceView = memo(function PieceView({ piece, onRaw }: { piece: Piece; onRaw?: (id: number) => void }) {
  if (!piece.state) return <PlaceholderCard piece={piece} {...(onRaw && { onRaw: () => onRaw(piece.id) })} />
  const waiting = <div className={cn("max-w-full p-2.5", heights[piece.kind] ?? "h-14 w-64")}><Skeleton className={cn("size-full", piece.kind === "video_note" && "rounded-full")} /></div>
  return <PartFrame waiting={waiting} missing={() => <PlaceholderCard piece={piece} />}><Pieces piece={piece} /></PartFrame>
})
