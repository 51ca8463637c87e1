import { memo, useEffect } from "react"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { useLatest } from "@/shared/lib/hooks"
import { kindName } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import { KindIcon } from "@/shared/ui/kind-icon"
import { Skeleton } from "@/shared/ui/misc"
import { part, PartFrame, sayMissing } from "@/shared/ui/part"
import { PlaceholderCard } from "./placeholder"
import type { Piece } from "./view"

/** Loaded when the first piece is shown, or when the browser is idle. */
export const Pieces = part(() => import("./pieces"))

/** Sizes of the skeletons, close to those of the pieces, so that the thread does not jump. */
const heights: Partial<Record<Piece["kind"], string>> = {
  sticker: "size-48 rounded-3xl", video_note: "size-56 rounded-full", poll: "h-44 w-72", checklist: "h-40 w-72", gift: "h-48 w-48",
  location: "h-22 w-64", venue: "h-28 w-64", contact: "h-20 w-64", invoice: "h-28 w-64", payment: "h-20 w-64", web_app_data: "h-36 w-72",
}

export const PieceView = memo(function PieceView({ piece, onRaw }: { piece: Piece; onRaw?: (id: number) => void }) {
  if (!piece.state) return <PlaceholderCard piece={piece} {...(onRaw && { onRaw: () => onRaw(piece.id) })} />
  const waiting = <div className={cn("max-w-full p-2.5", heights[piece.kind] ?? "h-14 w-64")}><Skeleton className={cn("size-full", piece.kind === "video_note" && "rounded-full")} /></div>
  return <PartFrame waiting={waiting} missing={(again) => <Missing piece={piece} again={again} />}><Pieces piece={piece} /></PartFrame>
})

/** Shown if the script cannot be loaded. It is requested again when the connection returns, or by the button. */
function Missing({ piece: { kind, state }, again }: { piece: Piece; again: () => Promise<void> }) {
  const t = useT().common
  const latest = useLatest(again)
  useEffect(() => {
    const retry = () => void latest.current().catch(() => {})
    addEventListener("online", retry)
    return () => removeEventListener("online", retry)
  }, [latest])
  return (
    <div className="flex items-center gap-2 rounded-2xl bg-bubble-in px-3 pt-2 pb-1">
      <KindIcon kind={kind} />
      <span dir="auto" className="min-w-0 truncate">{state?.headline ?? kindName(kind)}</span>
      <Button variant="link" size="text" className="max-md:min-h-10" onClick={() => void again().catch(sayMissing)}>{t.retry}</Button>
    </div>
  )
}
