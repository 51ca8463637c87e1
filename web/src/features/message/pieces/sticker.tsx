import { useEffect, useRef, useState } from "react"
import type { File, Sticker } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { useInView, useMedia } from "@/shared/lib/hooks"
import { kindName } from "@/shared/lib/words"
import { FetchAgain } from "../fetch-again"
import type { PieceProps } from "./tile"

const side = 192

export function StickerPiece({ piece: { files }, state: { sticker } }: PieceProps) {
  const t = useT().message.kinds
  const [file] = files
  if (!file) return null
  const emoji = sticker?.emoji ?? ""
  const ratio = (file.width ?? 1) / (file.height ?? 1)
  const size = ratio >= 1 ? { width: side, aspectRatio: String(ratio) } : { height: side, aspectRatio: String(ratio) }
  return (
    <div data-testid="piece" data-kind="sticker" className="max-w-full" style={size} title={sticker?.set_name}>
      <StickerFile file={file} format={sticker?.format} emoji={emoji} label={emoji ? t.stickerOf(emoji) : kindName("sticker")} className="size-full" />
    </div>
  )
}

interface StickerFileProps {
  file: File
  /** Absent: derived from the file's type. */
  format?: Sticker["format"] | undefined
  /** Shown if the sticker cannot be drawn. */
  emoji: string
  label: string
  className: string
}

function formatOf({ name, mime }: File): Sticker["format"] {
  if (name.endsWith(".tgs") || mime === "application/x-tgsticker") return "animated"
  return mime.startsWith("video/") ? "video" : "static"
}

export function StickerFile({ file, format = formatOf(file), emoji, label, className }: StickerFileProps) {
  const t = useT().message.kinds
  const [broken, setBroken] = useState(false)
  const calm = useMedia("(prefers-reduced-motion: reduce)")
  const [frame, inView] = useInView<HTMLDivElement>()
  const src = `/api/files/${file.id}`
  if (file.state !== "ready" || broken)
    return (
      <div className={cn("flex flex-col items-center justify-center gap-1", className)}>
        <span role="img" aria-label={file.state === "pending" ? t.pending(label) : label} className={cn("text-[72px] leading-none", file.state === "pending" && "animate-shimmer")}>{emoji || "🖼️"}</span>
        {file.state === "failed" && <FetchAgain file={file.id} error={file.error} why={t.fetchFailed} className="justify-center rounded-lg bg-surface/80 px-2 py-1 text-center text-xs" />}
      </div>
    )
  const moves = inView && !calm
  return (
    <div ref={frame} role="img" aria-label={label} className={className}>
      {format === "static" && <img src={src} alt="" decoding="async" loading="lazy" className="size-full object-contain" onError={() => setBroken(true)} />}
      {format === "video" && <Loop src={src} moves={moves} onBroken={() => setBroken(true)} />}
      {format === "animated" && <Lottie src={src} moves={moves} onBroken={() => setBroken(true)} />}
    </div>
  )
}

interface MovingProps {
  src: string
  moves: boolean
  onBroken: () => void
}

function Loop({ src, moves, onBroken }: MovingProps) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (moves) void video.current?.play().catch(() => {})
    else video.current?.pause()
  }, [moves])
  return <video ref={video} src={src} muted loop playsInline preload="auto" aria-hidden="true" className="size-full object-contain" onError={onBroken} />
}

function Lottie({ src, moves, onBroken }: MovingProps) {
  const box = useRef<HTMLDivElement>(null)
  const [drawing, setDrawing] = useState<{ play(): void; pause(): void } | null>(null)
  useEffect(() => {
    let gone = false
    let end = () => {}
    import("./lottie").then(({ drawLottie }) => box.current && drawLottie(src, box.current)).then(
      (made) => {
        if (!made) return
        end = made.destroy
        if (gone) end()
        else setDrawing(made)
      },
      () => gone || onBroken(),
    )
    return () => {
      gone = true
      end()
    }
    // onBroken is left out: the file of an address never changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [src])
  useEffect(() => {
    if (moves) drawing?.play()
    else drawing?.pause()
  }, [drawing, moves])
  return <div ref={box} data-testid="lottie" data-moves={drawing ? moves : undefined} aria-hidden="true" className="size-full [&>svg]:block" />
}
