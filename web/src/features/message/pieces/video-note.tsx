import { Play } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { useT } from "@/shared/i18n"
import { formatLength } from "@/shared/i18n/units"
import { kindName } from "@/shared/lib/words"
import { Spinner } from "@/shared/ui/button"
import { FetchAgain } from "../fetch-again"
import { claimSound } from "../player"
import type { PieceProps } from "./tile"

const ring = 2 * Math.PI * 48.5

/** A round video; a press plays it with sound, a ring shows the progress. */
export function VideoNote({ piece: { files } }: PieceProps) {
  const t = useT().message.kinds
  const video = useRef<HTMLVideoElement>(null)
  const circle = useRef<SVGCircleElement>(null)
  const [playing, setPlaying] = useState(false)
  const [broken, setBroken] = useState(false)
  const [poster, setPoster] = useState(true)
  const [file] = files
  useRing(video, circle, playing)
  if (!file) return null
  const length = file.duration_ms ? formatLength(file.duration_ms) : null
  const name = [kindName("video_note"), length].filter(Boolean).join(", ")
  const round = "relative grid size-56 max-w-full place-items-center overflow-hidden rounded-full bg-code"
  if (file.state === "pending") return <span data-testid="piece" data-kind="video_note" role="img" aria-label={t.pending(name)} className={`${round} animate-shimmer text-subtle`}><Spinner /></span>
  if (file.state === "failed" || broken)
    return (
      <div data-testid="piece" data-kind="video_note" className={`${round}`}>
        <FetchAgain file={broken ? null : file.id} error={file.error} why={broken ? t.cannotPlay : `${kindName("video_note")}. ${t.fetchFailed}`} className="justify-center px-7 text-center" />
      </div>
    )
  const press = () => {
    const element = video.current
    if (!element) return
    if (element.paused) void element.play().catch(() => setBroken(element.error !== null))
    else element.pause()
  }
  return (
    <button type="button" data-testid="piece" data-kind="video_note" data-playing={playing || undefined} aria-label={playing ? t.pauseMessage(name) : t.playMessage(name)} onClick={press} className={round}>
      <video
        ref={video}
        src={`/api/files/${file.id}`}
        preload="metadata"
        playsInline
        onPlay={({ currentTarget }) => {
          claimSound(currentTarget)
          setPlaying(true)
          setPoster(false)
        }}
        onPause={() => setPlaying(false)}
        onEnded={() => setPlaying(false)}
        onError={() => setBroken(true)}
        className="absolute inset-0 size-full object-cover"
      />
      {poster && <img src={`/api/files/${file.id}?size=thumb`} alt="" decoding="async" className="absolute inset-0 size-full object-cover" onError={() => setPoster(false)} />}
      <svg viewBox="0 0 100 100" aria-hidden="true" className="absolute inset-0 size-full -rotate-90">
        <circle ref={circle} cx="50" cy="50" r="48.5" fill="none" stroke="white" strokeOpacity="0.9" strokeWidth="1.8" strokeLinecap="round" strokeDasharray={ring} strokeDashoffset={ring} />
      </svg>
      {!playing && <span className="relative grid size-14 place-items-center rounded-full bg-black/45 text-white"><Play className="ml-0.5 size-6 fill-current" aria-hidden="true" /></span>}
      {length && <span className="absolute bottom-4 rounded-full bg-black/60 px-2 py-0.5 text-[11px] leading-4 text-white tabular-nums">{length}</span>}
    </button>
  )
}

/** Updates the ring at each frame without rendering the component again. */
function useRing(video: React.RefObject<HTMLVideoElement | null>, circle: React.RefObject<SVGCircleElement | null>, playing: boolean) {
  useEffect(() => {
    if (!playing) return
    let frame = 0
    const step = () => {
      const { currentTime = 0, duration = 0 } = video.current ?? {}
      const share = Number.isFinite(duration) && duration > 0 ? currentTime / duration : 0
      circle.current?.setAttribute("stroke-dashoffset", String(ring * (1 - share)))
      frame = requestAnimationFrame(step)
    }
    step()
    return () => cancelAnimationFrame(frame)
  }, [video, circle, playing])
}
