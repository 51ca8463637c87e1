import { Aperture, ChevronLeft, ChevronRight, Download, X } from "lucide-react"
import { useState, type KeyboardEvent } from "react"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { stopPlaying } from "./player"

export interface LightboxItem {
  src: string
  video: boolean
  /** The address of a live photo's video. */
  moving: string | null
  width: number | null
  height: number | null
}

export interface LightboxProps {
  items: readonly LightboxItem[]
  start: number
  onClose: () => void
}

const tool = "text-white/85 hover:bg-white/15 hover:text-white"

export default function Lightbox({ items, start, onClose }: LightboxProps) {
  const t = useT()
  const [at, setAt] = useState(start)
  const [zoomed, setZoomed] = useState(false)
  const [moves, setMoves] = useState(false)
  const item = items[at]
  const source = item?.src ?? ""
  const many = items.length > 1
  const go = (step: number) => {
    setZoomed(false)
    setMoves(false)
    setAt((at + step + items.length) % items.length)
  }
  const key = (event: KeyboardEvent) => {
    // A focused video uses the arrow keys for seeking.
    if (!many || event.target instanceof HTMLVideoElement) return
    if (event.key === "ArrowRight") go(1)
    else if (event.key === "ArrowLeft") go(-1)
  }
  return (
    <Dialog open onClose={onClose} title={item?.video ? t.lightbox.video : t.lightbox.title} bare className="m-0 h-dvh max-h-none w-screen max-w-none rounded-none border-0 bg-[#07090d]/95">
      <div onKeyDown={key} className="relative flex h-full flex-col" data-testid="lightbox">
        <div className="flex items-center justify-end gap-1 p-3 text-sm text-white/80">
          {many && <span className="mr-auto pl-2 tabular-nums">{at + 1} / {items.length}</span>}
          {item?.moving && <Button variant="ghost" size="sm" className={tool} aria-pressed={moves} onClick={() => setMoves(!moves)}><Aperture />{moves ? t.message.kinds.stopLive : t.message.kinds.playLive}</Button>}
          <Button asChild variant="ghost" size="icon" className={tool}><a href={moves && item?.moving ? item.moving : source} download aria-label={t.lightbox.download}><Download /></a></Button>
          <Button variant="ghost" size="icon" className={tool} aria-label={t.common.close} onClick={onClose}><X /></Button>
        </div>
        <div
          className={cn("scroll-area flex min-h-0 flex-1 overflow-auto px-4 pb-6", !zoomed && "items-center justify-center")}
          onClick={(event) => event.target === event.currentTarget && onClose()}
        >
          {item?.video ? (
            <Film key={source} item={item} />
          ) : item?.moving && moves ? (
            <Film key={item.moving} item={{ ...item, src: item.moving }} />
          ) : (
            <button type="button" aria-label={t.lightbox.zoom} aria-pressed={zoomed} onClick={() => setZoomed(!zoomed)} className={cn("m-auto", zoomed ? "cursor-zoom-out" : "max-h-full cursor-zoom-in")}>
              <img key={source} src={source} alt="" className={cn("animate-in rounded-lg", zoomed ? "max-w-none" : "max-h-[calc(100dvh-6.5rem)] max-w-full object-contain")} />
            </button>
          )}
        </div>
        {many && (
          <>
            <Button variant="ghost" size="icon" className={cn(tool, "absolute top-1/2 left-3")} aria-label={t.lightbox.previous} onClick={() => go(-1)}><ChevronLeft /></Button>
            <Button variant="ghost" size="icon" className={cn(tool, "absolute top-1/2 right-3")} aria-label={t.lightbox.next} onClick={() => go(1)}><ChevronRight /></Button>
          </>
        )}
      </div>
    </Dialog>
  )
}

/** A video as large as the window allows; its proportions are known before it is loaded. */
function Film({ item: { src, width, height } }: { item: LightboxItem }) {
  const t = useT().message.kinds
  const [broken, setBroken] = useState(false)
  const ratio = (width ?? 16) / (height ?? 9)
  if (broken) return <p role="alert" className="text-sm text-white/80">{t.cannotPlay} <a href={src} download className="underline underline-offset-2">{t.download}</a></p>
  return (
    <video
      src={src}
      controls
      autoPlay
      playsInline
      onPlay={stopPlaying}
      onError={() => setBroken(true)}
      className="max-w-full animate-in rounded-lg bg-black"
      style={{ aspectRatio: String(ratio), width: `min(100%, calc((100dvh - 6.5rem) * ${ratio}), 72rem)` }}
    />
  )
}
