import { Aperture, EyeOff, ImageOff, Maximize2, Play } from "lucide-react"
import { useEffect, useRef, useState, type ReactNode } from "react"
import type { FileError } from "@/contract"
import { useLocale, useT, type Catalogue } from "@/shared/i18n"
import { formatBytes, formatLength } from "@/shared/i18n/units"
import { cn } from "@/shared/lib/cn"
import { useInView, useMedia } from "@/shared/lib/hooks"
import { kindName } from "@/shared/lib/words"
import { Spinner } from "@/shared/ui/button"
import { spansOf, type Span } from "./album"
import { FetchAgain } from "./fetch-again"
import { claimSound } from "./player"

/** A photo, a video, a GIF or a live photo. */
export interface Visual {
  key: string
  /** Null before the server has it. */
  file: number | null
  type: "photo" | "video" | "animation" | "live"
  /** Covered until it is pressed. */
  spoiler: boolean
  src: string
  full: string
  /** The address of a live photo's video. */
  moving: string | null
  state: "ready" | "pending" | "failed"
  error: FileError | undefined
  /** A tiny picture, in base64, for the time until the other one has come. */
  preview: string | null
  mime: string
  size: number
  duration_ms: number
  width: number | null
  height: number | null
}

const maxWidth = 320
const maxHeight = 360

/** The room a picture takes before it is there, so that nothing jumps when it comes. */
function frame({ width, height }: Visual): { width: number; aspectRatio: string } {
  const w = width ?? 4
  const h = height ?? 3
  const ratio = Math.min(2.2, Math.max(0.6, w / h))
  return { width: Math.round(Math.min(maxWidth, maxHeight * ratio, Math.max(width ?? maxWidth, 180))), aspectRatio: String(ratio) }
}

const cells: Record<Span, string> = { 6: "col-span-6 aspect-3/2", 3: "col-span-3 aspect-square", 2: "col-span-2 aspect-square" }

interface MediaGridProps {
  visuals: readonly Visual[]
  /** Of the author. */
  name: string
  onOpen: (index: number) => void
}

export function MediaGrid({ visuals, name, onOpen }: MediaGridProps) {
  const t = useT().message
  const [first] = visuals
  if (!first) return null
  const label = (visual: Visual) => (visual.type === "photo" ? t.photoOf(name) : t.kinds.mediaOf(nameOf(visual.type), name))
  if (visuals.length === 1)
    return <div className="max-w-full" style={frame(first)}><Cell visual={first} label={label(first)} roomy onOpen={() => onOpen(0)} /></div>
  const spans = spansOf(visuals.length)
  return (
    <div className="grid w-90 max-w-full grid-cols-6 gap-0.5">
      {visuals.map((visual, index) => (
        <div key={visual.key} className={cells[spans[index] ?? 2]}><Cell visual={visual} label={`${label(visual)} ${index + 1}`} onOpen={() => onOpen(index)} /></div>
      ))}
    </div>
  )
}

const nameOf = (type: Visual["type"]) => kindName(type === "live" ? "live_photo" : type)

interface CellProps {
  visual: Visual
  label: string
  onOpen: () => void
}

/** `roomy`: there is room for a player's controls. */
function Cell({ visual, label, roomy = false, onOpen }: CellProps & { roomy?: boolean }) {
  const t = useT()
  const [broken, setBroken] = useState(false)
  const [covered, setCovered] = useState(visual.spoiler)
  if (visual.state === "failed" || broken) return <Failed visual={visual} fetched={visual.state === "ready"} />
  if (visual.state === "pending") return <Pending visual={visual} />
  const { type } = visual
  const shown =
    type === "animation" ? <Animation visual={visual} label={label} still={covered} />
    : type === "video" && roomy ? <Film visual={visual} label={label} onOpen={onOpen} />
    : <Opener visual={visual} label={openLabel(visual, label, t)} onOpen={onOpen} onBroken={() => setBroken(true)} />
  if (!covered) return shown
  return (
    <div className="relative size-full overflow-hidden">
      <div className="size-full scale-110 blur-2xl" inert>{shown}</div>
      <button type="button" data-testid="cover" aria-label={`${t.message.kinds.reveal}: ${label}`} onClick={() => setCovered(false)} className="absolute inset-0 grid place-items-center bg-black/25 text-white -outline-offset-2">
        <span className="grid size-11 place-items-center rounded-full bg-black/45"><EyeOff className="size-5" aria-hidden="true" /></span>
      </button>
    </div>
  )
}

const openLabel = ({ type, duration_ms }: Visual, label: string, { message: t }: Catalogue) =>
  `${type === "video" ? t.kinds.openVideo : t.openPhoto}: ${label}${type === "video" && duration_ms > 0 ? `, ${formatLength(duration_ms)}` : ""}`

/** A photo, or the poster of a video; opens the viewer. */
function Opener({ visual, label, onOpen, onBroken }: CellProps & { onBroken: () => void }) {
  const { type, duration_ms, moving } = visual
  const t = useT().message.kinds
  const [playing, setPlaying] = useState(false)
  const live = type === "live" && moving !== null
  const press = live && { onPointerEnter: () => setPlaying(true), onPointerLeave: () => setPlaying(false), onFocus: () => setPlaying(true), onBlur: () => setPlaying(false) }
  return (
    <button type="button" aria-label={label} onClick={onOpen} {...press} className={cn("relative block size-full overflow-hidden -outline-offset-2", type === "video" ? "cursor-pointer bg-code" : "cursor-zoom-in")}>
      {type === "video" ? <Poster visual={visual} /> : <Still visual={visual} onError={onBroken} />}
      {live && playing && <video src={moving} muted autoPlay playsInline aria-hidden="true" className="absolute inset-0 size-full animate-in object-cover" />}
      {type === "video" && <PlayMark />}
      {type === "video" && duration_ms > 0 && <Tag>{formatLength(duration_ms)}</Tag>}
      {live && <Tag><Aperture className="size-3" aria-hidden="true" />{t.live}</Tag>}
    </button>
  )
}

/** A video that plays in its place; the viewer is one press away. */
function Film({ visual, label, onOpen }: CellProps) {
  const t = useT()
  const { full, src, duration_ms } = visual
  const [playing, setPlaying] = useState(false)
  const [broken, setBroken] = useState(false)
  const player = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (playing) player.current?.focus()
  }, [playing])
  const open = () => {
    player.current?.pause()
    onOpen()
  }
  if (broken) return <span role="alert" className="grid size-full place-items-center bg-code px-3 text-center text-xs text-muted-foreground"><span>{t.message.kinds.cannotPlay} <a href={full} download className="text-link underline underline-offset-2">{t.message.kinds.download}</a></span></span>
  return (
    <div className="group/film relative size-full overflow-hidden bg-code">
      {playing ? (
        <video ref={player} src={full} poster={src} controls autoPlay playsInline aria-label={label} onPlay={({ currentTarget }) => claimSound(currentTarget)} onError={() => setBroken(true)} className="size-full bg-black object-contain" />
      ) : (
        <button type="button" aria-label={`${t.message.kinds.playVideo}: ${label}${duration_ms > 0 ? `, ${formatLength(duration_ms)}` : ""}`} onClick={() => setPlaying(true)} className="relative block size-full cursor-pointer overflow-hidden -outline-offset-2">
          <Poster visual={visual} />
          <PlayMark />
          {duration_ms > 0 && <Tag>{formatLength(duration_ms)}</Tag>}
        </button>
      )}
      <button type="button" aria-label={openLabel(visual, label, t)} onClick={open} className="absolute top-1 right-1 grid size-8 place-items-center rounded-full bg-black/55 text-white opacity-0 group-hover/film:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"><Maximize2 className="size-4" aria-hidden="true" /></button>
    </div>
  )
}

/** The server's thumbnail of a video; if there is none, the first frame. */
function Poster({ visual }: { visual: Visual }) {
  const { full } = visual
  const [bare, setBare] = useState(false)
  if (bare) return <video src={`${full}#t=0.1`} preload="metadata" muted playsInline tabIndex={-1} aria-hidden="true" className="size-full object-cover" />
  return <Still visual={visual} onError={() => setBare(true)} />
}

/** A picture; until it has come, its preview, which the browser enlarges smoothly. */
function Still({ visual: { src, preview }, onError }: { visual: Visual; onError: () => void }) {
  const [here, setHere] = useState(false)
  const blurred = preview !== null && !here
  return (
    <img
      src={src} alt="" decoding="async" data-preview={blurred || undefined} className="size-full bg-code bg-cover bg-center object-cover"
      style={blurred ? { backgroundImage: `url("data:image/webp;base64,${preview}")` } : undefined} onLoad={() => setHere(true)} onError={onError}
    />
  )
}

function PlayMark() {
  return <span className="absolute inset-0 grid place-items-center"><span className="grid aspect-square w-[min(3rem,36%)] place-items-center rounded-full bg-black/50 text-white"><Play className="ml-[4%] size-[42%] fill-current" aria-hidden="true" /></span></span>
}

function Tag({ children }: { children: ReactNode }) {
  return <span className="absolute top-1.5 left-1.5 flex items-center gap-1 rounded-full bg-black/60 px-2 py-0.5 text-[11px] leading-4 text-white tabular-nums">{children}</span>
}

/** Plays while it is visible; with reduced motion only when pressed. A press pauses and resumes it. */
function Animation({ visual, label, still }: { visual: Visual; label: string; still: boolean }) {
  const t = useT().message.kinds
  const calm = useMedia("(prefers-reduced-motion: reduce)")
  const [chosen, setChosen] = useState<boolean | null>(null)
  const video = useRef<HTMLVideoElement>(null)
  const [frame, inView] = useInView<HTMLButtonElement>()
  const wanted = (chosen ?? !calm) && !still
  const plays = wanted && inView
  useEffect(() => {
    if (plays) void video.current?.play().catch(() => {})
    else video.current?.pause()
  }, [plays])
  const picture = visual.mime.startsWith("image/")
  return (
    <button ref={frame} type="button" data-testid="animation" aria-label={wanted ? t.pauseMessage(label) : t.playMessage(label)} onClick={() => setChosen(!wanted)} className="relative block size-full overflow-hidden bg-code -outline-offset-2">
      {picture ? (
        <img src={wanted ? visual.full : visual.src} alt="" decoding="async" className="size-full object-cover" />
      ) : (
        <video ref={video} src={visual.full} poster={visual.src} muted loop playsInline preload="metadata" aria-hidden="true" className="size-full object-cover" />
      )}
      {!wanted && !still && <PlayMark />}
      <Tag>GIF</Tag>
    </button>
  )
}

/** A file that is being fetched, with its kind and size. */
function Pending({ visual: { type, size } }: { visual: Visual }) {
  const t = useT().message
  const locale = useLocale()
  return (
    <span role="img" aria-label={type === "photo" ? t.photoPending : t.kinds.pending(nameOf(type))} className="relative grid size-full animate-shimmer place-items-center bg-code text-subtle">
      <span className="flex flex-col items-center gap-1.5 text-xs"><Spinner />{type !== "photo" && size > 0 && <span>{nameOf(type)}, {formatBytes(locale, size)}</span>}</span>
    </span>
  )
}

/** `fetched`: the server has the file, but this browser cannot show it. */
function Failed({ visual: { type, file, error }, fetched }: { visual: Visual; fetched: boolean }) {
  const t = useT().message
  const why = type === "photo" || fetched ? t.photoFailed : `${nameOf(type)}. ${t.kinds.fetchFailed}`
  return (
    <span className="flex size-full flex-col items-center justify-center gap-1.5 overflow-hidden bg-code px-2 py-2 text-center text-xs text-muted-foreground">
      <ImageOff className="size-5 shrink-0" aria-hidden="true" />
      <FetchAgain file={fetched ? null : file} error={error} why={why} className="justify-center" />
    </span>
  )
}
