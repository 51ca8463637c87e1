import { Download, Pause, Play, Music } from "lucide-react"
import { useRef, type KeyboardEvent, type PointerEvent } from "react"
import type { File } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatBytes, formatLength } from "@/shared/i18n/units"
import { cn } from "@/shared/lib/cn"
import { usePref } from "@/shared/lib/prefs"
import { kindName } from "@/shared/lib/words"
import { Spinner } from "@/shared/ui/button"
import { FetchAgain } from "../fetch-again"
import { nextSpeed, seek, togglePlaying, useSound } from "../player"
import { barsPath, learnWaveform, peaksOfWaveform, useWaveform } from "../waveform"
import { actionStyle, Fact, type PieceProps } from "./tile"

const box = { width: 184, height: 26 }
const stepSeconds = 5

/** A voice message; its waveform comes with the message, or is computed once it was played. */
export function VoicePlayer({ piece: { files }, state }: PieceProps) {
  const [file] = files
  const learnt = useWaveform(file?.id ?? 0)
  const told = state.voice?.waveform
  if (!file) return null
  const bars = told && told.length > 0 ? peaksOfWaveform(told) : learnt
  const onPlay = () => {
    if (!told) void learnWaveform(file.id, file.size)
  }
  return (
    <Player kind={state.kind} file={file} name={kindName("voice")} onPlay={onPlay}>
      {(share) => <Waveform peaks={bars} share={share} />}
    </Player>
  )
}

export function AudioPlayer({ piece: { files }, state: { audio, kind } }: PieceProps) {
  const [file] = files
  if (!file) return null
  const title = audio?.title ?? (file.name || kindName("audio"))
  return (
    <Player kind={kind} file={file} name={title} title={title} performer={audio?.performer} icon={Music}>
      {(share) => <Line share={share} />}
    </Player>
  )
}

interface PlayerProps {
  kind: string
  file: File
  /** For screen readers. */
  name: string
  title?: string
  performer?: string | undefined
  icon?: typeof Music
  onPlay?: () => void
  /** Draws the progress, `share` is between 0 and 1. */
  children: (share: number) => React.ReactNode
}

function Player({ kind, file, name, title, performer, onPlay, children }: PlayerProps) {
  const t = useT().message.kinds
  const locale = useLocale()
  const { playing, at, failed, file: current } = useSound(file.id)
  const length = (file.duration_ms ?? 0) / 1000
  const share = length > 0 ? Math.min(1, at / length) : 0
  const begun = current === file.id && (playing || at > 0)
  const ready = file.state === "ready"
  const facts = [length > 0 ? formatLength(length * 1000) : null, ready || file.size === 0 ? null : formatBytes(locale, file.size)].filter((fact) => fact !== null)
  return (
    <div data-testid="piece" data-kind={kind} data-playing={playing || undefined} className={cn("flex gap-3 py-2 pr-3.5 pl-2.5", file.state === "failed" ? "items-start" : "items-center")}>
      {file.state === "pending" ? (
        <span role="img" aria-label={t.pending(name)} className="grid size-10 shrink-0 place-items-center rounded-full bg-code text-subtle"><Spinner /></span>
      ) : (
        <button
          type="button"
          disabled={!ready || failed}
          aria-label={playing ? t.pauseMessage(name) : t.playMessage(name)}
          onClick={() => {
            togglePlaying(file.id)
            if (!playing) onPlay?.()
          }}
          className="grid size-10 shrink-0 place-items-center rounded-full bg-primary text-primary-foreground transition-colors hover:bg-primary-hover disabled:bg-code disabled:text-subtle"
        >
          {playing ? <Pause className="size-4.5 fill-current" aria-hidden="true" /> : <Play className="ml-0.5 size-4.5 fill-current" aria-hidden="true" />}
        </button>
      )}
      <div className="w-46 min-w-0">
        {title && <p dir="auto" className="truncate text-left leading-5 font-medium" title={title}>{title}</p>}
        {performer && <p dir="auto" className="truncate text-left text-[13px] leading-5 text-muted-foreground" title={performer}>{performer}</p>}
        {ready && !failed && <Seeker file={file.id} name={name} at={at} length={length} className={title ? "h-5" : "h-7"}>{children(share)}</Seeker>}
        {!ready && !title && <Waveform peaks={null} share={0} />}
        <div className="flex h-5 items-center gap-2 text-[12px] text-muted-foreground tabular-nums">
          <span>{begun ? `${formatLength(at * 1000)} / ${formatLength(length * 1000)}` : facts.join(" · ")}</span>
          {begun && <SpeedButton />}
        </div>
        {file.state === "failed" && <FetchAgain file={file.id} error={file.error} why={t.fetchFailed} className="text-xs" />}
        {failed && <Fact className="text-xs">{t.cannotPlay} <a href={`/api/files/${file.id}`} download={file.name} className={actionStyle}><Download className="size-3" aria-hidden="true" />{t.download}</a></Fact>}
      </div>
    </div>
  )
}

function SpeedButton() {
  const t = useT().message.kinds
  const locale = useLocale()
  const speed = usePref("speed")
  const shown = new Intl.NumberFormat(locale).format(speed)
  return (
    <button type="button" onClick={nextSpeed} aria-label={t.speed(shown)} title={t.speed(shown)} className={cn("rounded-md px-1.5 text-[11px] leading-4 font-semibold max-md:px-2.5 max-md:py-1", speed === 1 ? "bg-code text-muted-foreground" : "bg-primary-soft text-link")}>
      {shown}×
    </button>
  )
}

interface SeekerProps {
  file: number
  name: string
  at: number
  length: number
  className: string
  children: React.ReactNode
}

/** A slider: a press seeks to its position, the arrow keys by `stepSeconds`. */
function Seeker({ file, name, at, length, className, children }: SeekerProps) {
  const t = useT().message.kinds
  const track = useRef<HTMLDivElement>(null)
  const toPointer = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    if (length > 0) seek(file, Math.min(1, Math.max(0, (event.clientX - left) / width)) * length)
  }
  const key = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - stepSeconds, ArrowDown: at - stepSeconds, ArrowRight: at + stepSeconds, ArrowUp: at + stepSeconds, Home: 0, End: length }[event.key]
    if (event.key === " " || event.key === "Enter") togglePlaying(file)
    else if (to === undefined) return
    else seek(file, Math.min(length, Math.max(0, to)))
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={track}
      role="slider"
      tabIndex={0}
      aria-label={`${t.position}: ${name}`}
      aria-valuemin={0}
      aria-valuemax={Math.round(length)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={t.positionOf(formatLength(at * 1000), formatLength(length * 1000))}
      onKeyDown={key}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        toPointer(event)
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && toPointer(event)}
      className={cn("flex cursor-pointer touch-pan-y items-center rounded", className)}
    >
      {children}
    </div>
  )
}

function Waveform({ peaks, share }: { peaks: readonly number[] | null; share: number }) {
  const path = barsPath(peaks, box)
  const bars = (tone: string) => <svg {...box} viewBox={`0 0 ${box.width} ${box.height}`} aria-hidden="true" className={cn("block shrink-0", tone)}><path d={path} stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" fill="none" /></svg>
  return (
    <span className="relative block" data-testid="waveform" data-known={peaks !== null || undefined}>
      {bars("text-subtle/45")}
      <span className="absolute inset-y-0 left-0 overflow-hidden" style={{ width: `${share * 100}%` }}>{bars("text-link")}</span>
    </span>
  )
}

function Line({ share }: { share: number }) {
  return (
    <span className="relative block h-1 w-full rounded-full bg-subtle/35">
      <span className="absolute inset-y-0 left-0 rounded-full bg-link" style={{ width: `${share * 100}%` }} />
      <span className="absolute top-1/2 size-2.5 -translate-1/2 rounded-full bg-link" style={{ left: `${share * 100}%` }} />
    </span>
  )
}
