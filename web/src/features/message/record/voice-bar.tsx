import { ArrowUp, Mic, Pause, Play, Square, Trash2 } from "lucide-react"
import { useEffect, useRef, useState, type KeyboardEvent } from "react"
import { useT } from "@/shared/i18n"
import { formatLength } from "@/shared/i18n/units"
import { cn } from "@/shared/lib/cn"
import { useLatest } from "@/shared/lib/hooks"
import { uuid } from "@/shared/lib/id"
import { Button, Spinner } from "@/shared/ui/button"
import { Tooltip } from "@/shared/ui/tooltip"
import { toast } from "@/shared/ui/toast"
import { noAnswer, type OutgoingFile } from "../answer"
import { useWords } from "../compose/words"
import { getDraft, updateDraft } from "../draft"
import { focusComposer } from "../field"
import { sendMessage } from "../outgoing"
import { stopPlaying } from "../player"
import { tellActivity } from "../typing"
import { barCount, barsPath } from "../waveform"
import { toVoice } from "./convert"
import { Recorder, troubleOf, type Trouble } from "./recorder"

interface VoiceBarProps {
  conversation: number
  /** Whether the customer is told that a voice message is being recorded. */
  activity: boolean
  onClose: () => void
}

const levelEveryMs = 80
const shortestMs = 500
const longestMs = 60 * 60_000
const box = { width: 220, height: 28 }

/** Takes the field's place: records at once; in a pause one can listen and go on; what is not deleted is sent or kept. */
export default function VoiceBar({ conversation, activity, onClose }: VoiceBarProps) {
  const { voice: t } = useWords()
  const { common } = useT()
  const recorder = useRef<Recorder | null>(null)
  const [state, setState] = useState<"starting" | "recording" | "paused" | "finishing" | Trouble>("starting")
  const [at, setAt] = useState(0)
  const [levels, setLevels] = useState<readonly number[]>([])
  const [heard, setHeard] = useState<{ audio: HTMLAudioElement; url: string } | null>(null)
  const [played, setPlayed] = useState(0)
  const settled = useRef(false)
  const sender = useRef<HTMLButtonElement>(null)
  const words = useLatest(t)

  const toFile = async (own: Recorder): Promise<OutgoingFile> => {
    const { file, duration_ms, waveform } = await toVoice(await own.finish(), words.current.name)
    return { id: uuid(), file, url: URL.createObjectURL(file), as: "voice", facts: { duration_ms, waveform } }
  }
  const keep = async (own: Recorder) => {
    if (own.lengthMs < shortestMs) return void own.finish()
    const file = await toFile(own)
    updateDraft(conversation, (old) => ({ files: [...old.files, file] }))
  }

  useEffect(() => {
    let gone = false
    stopPlaying()
    Recorder.start().then(
      (made) => {
        if (gone) return void made.finish()
        recorder.current = made
        setState("recording")
      },
      (error: unknown) => gone || setState(troubleOf(error)),
    )
    return () => {
      gone = true
      const own = recorder.current
      recorder.current = null
      // Whoever goes to another conversation finds the recording here again.
      if (own && !settled.current) void keep(own)
    }
    // Recording begins once, with the bar.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  // The buttons can take the focus only when the microphone is there.
  useEffect(() => {
    if (state === "recording" && !document.activeElement?.closest("[data-testid=voice-bar]")) sender.current?.focus()
  }, [state])
  useEffect(() => {
    if (state !== "recording") return
    const timer = setInterval(() => {
      const own = recorder.current
      if (!own) return
      setAt(own.lengthMs)
      setLevels((old) => [...old, own.level()])
      if (activity) tellActivity(conversation, "record_voice")
      if (own.lengthMs < longestMs) return
      own.pause()
      setState("paused")
      toast.error(words.current.full)
    }, levelEveryMs)
    return () => clearInterval(timer)
  }, [state, activity, conversation, words])

  useEffect(() => {
    if (state !== "recording" && state !== "paused") return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener("beforeunload", ask)
    return () => removeEventListener("beforeunload", ask)
  }, [state])

  const stopHearing = () => {
    heard?.audio.pause()
    if (heard) URL.revokeObjectURL(heard.url)
    setHeard(null)
    setPlayed(0)
  }
  useEffect(() => () => heard?.audio.pause(), [heard])

  const pause = () => {
    recorder.current?.pause()
    setAt(recorder.current?.lengthMs ?? at)
    setState("paused")
  }
  const resume = () => {
    stopHearing()
    recorder.current?.resume()
    setState("recording")
  }
  const listen = async () => {
    if (heard) return stopHearing()
    const own = recorder.current
    if (!own) return
    const url = URL.createObjectURL(await own.soFar())
    const audio = new Audio(url)
    audio.ontimeupdate = () => setPlayed(audio.currentTime * 1000)
    audio.onended = () => {
      setHeard(null)
      setPlayed(0)
      URL.revokeObjectURL(url)
    }
    setHeard({ audio, url })
    void audio.play().catch(() => setHeard(null))
  }
  const leave = () => {
    onClose()
    // The field is drawn again first.
    setTimeout(focusComposer)
  }
  const cancel = () => {
    settled.current = true
    stopHearing()
    const own = recorder.current
    if (own && own.lengthMs >= shortestMs) {
      const file = toFile(own)
      file.catch(() => {})
      toast.done(t.deleted, { label: common.undo, run: () => void file.then((made) => updateDraft(conversation, (old) => ({ files: [...old.files, made] }))) })
    } else void own?.finish()
    leave()
  }
  const send = async () => {
    const own = recorder.current
    if (!own || state === "finishing") return
    if (own.lengthMs < shortestMs) return toast.error(t.tooShort)
    stopHearing()
    settled.current = true
    setState("finishing")
    const file = await toFile(own).catch(() => null)
    if (!file) {
      toast.error(t.failed)
      return leave()
    }
    const { reply, quote, options } = getDraft(conversation)
    const { silent = false, protected: guarded = false } = options
    sendMessage(conversation, { ...noAnswer, files: [file], reply_to: reply, quote, options: { silent, protected: guarded } })
    updateDraft(conversation, () => ({ reply: null, quote: null, options: {} }))
    leave()
  }
  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape") cancel()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const trouble = state === "refused" || state === "noMicrophone" || state === "failed" ? state : null
  if (trouble)
    return (
      <div className="flex items-center gap-3 py-2 pr-2 pl-4" onKeyDown={key}>
        <p role="alert" className="min-w-0 flex-1 text-[13px] text-destructive">{t[trouble]}</p>
        <Button variant="ghost" size="sm" autoFocus onClick={leave}>{common.close}</Button>
      </div>
    )
  const busy = state === "starting" || state === "finishing"
  const shown = state === "recording" ? levels.slice(-barCount) : condense(levels, barCount)
  const peaks = state === "recording" ? [...Array<number>(Math.max(0, barCount - shown.length)).fill(0), ...shown] : shown
  return (
    <div data-testid="voice-bar" data-state={state} className="flex items-center gap-1 p-1.5" onKeyDown={key}>
      <Tooltip label={t.cancel} side="top"><Button variant="ghost" size="icon" aria-label={t.cancel} onClick={cancel}><Trash2 /></Button></Tooltip>
      <div className="flex h-10 min-w-0 flex-1 items-center gap-3 overflow-hidden rounded-xl bg-muted px-3">
        {busy ? <Spinner /> : <span aria-hidden="true" className={cn("size-2.5 shrink-0 rounded-full", state === "recording" ? "animate-shimmer bg-destructive" : "bg-subtle")} />}
        <span role="status" className="sr-only">{state === "starting" ? t.starting : state === "finishing" ? t.finishing : state === "recording" ? t.recording : t.paused}</span>
        <span role="timer" className="w-12 shrink-0 text-[13px] tabular-nums">{formatLength(heard ? played : at)}</span>
        <svg viewBox={`0 0 ${box.width} ${box.height}`} preserveAspectRatio="none" aria-hidden="true" className="h-7 min-w-0 flex-1 text-link" data-testid="levels"><path d={barsPath(peaks, box)} stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" fill="none" /></svg>
      </div>
      {state === "paused" && <Tooltip label={heard ? t.stop : t.play} side="top"><Button variant="ghost" size="icon" aria-label={heard ? t.stop : t.play} onClick={() => void listen()}>{heard ? <Square /> : <Play />}</Button></Tooltip>}
      {state === "paused"
        ? <Tooltip label={t.resume} side="top"><Button variant="ghost" size="icon" className="text-destructive" aria-label={t.resume} onClick={resume}><Mic /></Button></Tooltip>
        : <Tooltip label={t.pause} side="top"><Button variant="ghost" size="icon" aria-label={t.pause} disabled={busy} onClick={pause}><Pause /></Button></Tooltip>}
      <Tooltip label={t.send} side="top"><Button size="icon" ref={sender} className="rounded-xl" aria-label={t.send} data-testid="voice-send" disabled={busy} onClick={() => void send()}><ArrowUp /></Button></Tooltip>
    </div>
  )
}

/** So many levels as there are bars, each the loudest of its part. */
function condense(levels: readonly number[], count: number): readonly number[] {
  if (levels.length <= count) return levels
  return Array.from({ length: count }, (_, i) => Math.max(...levels.slice(Math.floor((i * levels.length) / count), Math.floor(((i + 1) * levels.length) / count))))
}
