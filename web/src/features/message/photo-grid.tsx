import { ImageOff } from "lucide-react"
import { useState } from "react"
import { useT } from "@/shared/i18n"
import { Spinner } from "@/shared/ui/button"
import { spansOf, type Span } from "./album"

export interface Photo {
  key: string
  src: string | null
  state: "ready" | "pending" | "failed"
  width: number | null
  height: number | null
}

const maxWidth = 320
const maxHeight = 360

/** The room a picture takes before it is there, so that nothing jumps when it comes. */
function frame({ width, height }: Photo): { width: number; aspectRatio: string } {
  const w = width ?? 4
  const h = height ?? 3
  const ratio = Math.min(2.2, Math.max(0.6, w / h))
  return { width: Math.round(Math.min(maxWidth, maxHeight * ratio, Math.max(width ?? maxWidth, 180))), aspectRatio: String(ratio) }
}

const cells: Record<Span, string> = { 6: "col-span-6 aspect-3/2", 3: "col-span-3 aspect-square", 2: "col-span-2 aspect-square" }

interface PhotoGridProps {
  photos: readonly Photo[]
  label: string
  onOpen: (index: number) => void
}

export function PhotoGrid({ photos, label, onOpen }: PhotoGridProps) {
  const [first] = photos
  if (!first) return null
  if (photos.length === 1)
    return <div className="max-w-full" style={frame(first)}><Cell photo={first} label={label} onOpen={() => onOpen(0)} /></div>
  const spans = spansOf(photos.length)
  return (
    <div className="grid w-90 max-w-full grid-cols-6 gap-0.5">
      {photos.map((photo, index) => (
        <div key={photo.key} className={cells[spans[index] ?? 2]}><Cell photo={photo} label={`${label} ${index + 1}`} onOpen={() => onOpen(index)} /></div>
      ))}
    </div>
  )
}

function Cell({ photo, label, onOpen }: { photo: Photo; label: string; onOpen: () => void }) {
  const t = useT().message
  const [broken, setBroken] = useState(false)
  if (photo.state === "failed" || broken)
    return <span className="flex size-full flex-col items-center justify-center gap-1.5 bg-code px-2 text-center text-xs text-muted-foreground"><ImageOff className="size-5" aria-hidden="true" />{t.photoFailed}</span>
  if (photo.state === "pending" || !photo.src)
    return <span role="img" aria-label={t.photoPending} className="grid size-full animate-shimmer place-items-center bg-code text-subtle"><Spinner /></span>
  return (
    <button type="button" aria-label={`${t.openPhoto}: ${label}`} onClick={onOpen} className="block size-full cursor-zoom-in -outline-offset-2">
      <img src={photo.src} alt="" decoding="async" className="size-full bg-code object-cover" onError={() => setBroken(true)} />
    </button>
  )
}
