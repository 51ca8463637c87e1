import { ArrowUp, Circle, RotateCcw, Square } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { useT } from "@/shared/i18n"
import { formatLength } from "@/shared/i18n/units"
import { useLatest } from "@/shared/lib/hooks"
import { uuid } from "@/shared/lib/id"
import { Button, Spinner } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { toast } from "@/shared/ui/toast"
import { noAnswer, type OutgoingFile } from "../answer"
import { getDraft, updateDraft } from "../draft"
import { sendMessage } from "../outgoing"
import { stopPlaying } from "../player"
import { Camera, cameraTroubleOf, longestMs, side } from "../record/camera"
import type { Trouble } from "../record/recorder"
import { tellActivity } from "../typing"
import type { ContentDialogProps } from "./send-content"
import { useWords } from "./words"

const shortestMs = 500
const stepMs = 100
const ring = 2 * Math.PI * 48.5

/** Records up to a minute in a circle; it is looked at before it is sent. Closing the dialog deletes it, which can be undone. */
export default function VideoNoteDialog({ conversation, onClose }: ContentDialogProps) {
  const { videoNote: t, voice } = useWords()
  const { common } = useT()
  const camera = useRef<Camera | null>(null)
  const preview = useRef<HTMLVideoElement>(null)
  const main = useRef<HTMLButtonElement>(null)
  const [state, setState] = useState<"starting" | "ready" | "recording" | "finishing" | "recorded" | Trouble>("starting")
  const [at, setAt] = useState(0)
  const [made, setMade] = useState<OutgoingFile | null>(null)
  const latest = useLatest({ t, stop: () => stop() })

  const show = (source: MediaStream | string) => {
    const element = preview.current
    if (!element) return
    element.srcObject = typeof source === "string" ? null : source
    if (typeof source === "string") element.src = source
    else element.removeAttribute("src")
    element.muted = typeof source !== "string"
    element.loop = typeof source === "string"
    void element.play().catch(() => {})
  }

  useEffect(() => {
    let gone = false
    stopPlaying()
    Camera.start().then(
      (started) => {
        if (gone) return started.close()
        camera.current = started
        show(started.live)
        setState("ready")
      },
      (error: unknown) => gone || setState(cameraTroubleOf(error)),
    )
    return () => {
      gone = true
      camera.current?.close()
    }
  }, [])
  useEffect(() => {
    if (state === "ready" || state === "recorded") main.current?.focus()
  }, [state])
  useEffect(() => {
    if (state !== "recording") return
    const timer = setInterval(() => {
      const length = camera.current?.lengthMs ?? 0
      setAt(length)
      tellActivity(conversation, "record_video_note")
      if (length >= longestMs) latest.current.stop()
    }, stepMs)
    return () => clearInterval(timer)
  }, [state, conversation, latest])

  const record = () => {
    if (made) URL.revokeObjectURL(made.url)
    setMade(null)
    setAt(0)
    if (camera.current) show(camera.current.live)
    camera.current?.record()
    setState("recording")
  }
  const stop = () => {
    const own = camera.current
    if (!own || state !== "recording") return
    const short = own.lengthMs < shortestMs
    setState("finishing")
    own.stop().then(
      (recording) => {
        if (short) toast.error(voice.tooShort)
        if (short || !recording) return setState("ready")
        const file = new File([recording.blob], `${t.name}.mp4`, { type: "video/mp4" })
        const url = URL.createObjectURL(file)
        setMade({ id: uuid(), file, url, as: "video_note", facts: { duration_ms: recording.duration_ms, width: side, height: side } })
        setAt(recording.duration_ms)
        show(url)
        setState("recorded")
      },
      () => setState("failed"),
    )
  }
  const close = () => {
    if (made) {
      const kept = made
      toast.done(voice.deleted, { label: common.undo, run: () => updateDraft(conversation, (old) => ({ files: [...old.files, kept] })) })
    }
    onClose()
  }
  const send = () => {
    if (!made) return
    const { reply, quote, options } = getDraft(conversation)
    const { silent = false, protected: guarded = false } = options
    sendMessage(conversation, { ...noAnswer, files: [made], reply_to: reply, quote, options: { silent, protected: guarded } })
    updateDraft(conversation, () => ({ reply: null, quote: null, options: {} }))
    onClose()
  }

  const trouble = state === "refused" || state === "noMicrophone" || state === "failed" ? state : null
  return (
    <Dialog open onClose={close} title={t.title} description={t.body} sheet className="w-[min(24rem,calc(100vw-2rem))]">
      <div data-testid="video-note" data-state={state} className="flex flex-col items-center gap-4">
        <div className="relative grid size-64 max-w-full place-items-center overflow-hidden rounded-full bg-code">
          <video ref={preview} playsInline muted aria-label={t.preview} className={state === "recorded" ? "absolute inset-0 size-full object-cover" : "absolute inset-0 size-full -scale-x-100 object-cover"} />
          {(state === "starting" || state === "finishing") && <Spinner />}
          {state === "recording" && (
            <svg viewBox="0 0 100 100" aria-hidden="true" className="absolute inset-0 size-full -rotate-90">
              <circle cx="50" cy="50" r="48.5" fill="none" stroke="var(--color-destructive)" strokeWidth="2" strokeLinecap="round" strokeDasharray={ring} strokeDashoffset={ring * (1 - Math.min(1, at / longestMs))} />
            </svg>
          )}
        </div>
        {trouble ? <p role="alert" className="text-center text-[13px] text-destructive">{t[trouble]}</p> : (
          <>
            <span className="sr-only" role="status">{state === "starting" ? t.starting : state === "recording" ? voice.recording : state === "recorded" ? t.recorded : ""}</span>
            <span role="timer" className="text-[13px] text-muted-foreground tabular-nums">{formatLength(at)}</span>
          </>
        )}
        <div className="flex w-full justify-center gap-2">
          {trouble && <Button variant="outline" autoFocus onClick={onClose}>{common.close}</Button>}
          {!trouble && state !== "recorded" && state !== "recording" && <Button ref={main} disabled={state !== "ready"} onClick={record}><Circle className="fill-current" />{t.record}</Button>}
          {state === "recording" && <Button variant="destructive" autoFocus onClick={stop}><Square className="fill-current" />{t.stop}</Button>}
          {state === "recorded" && (
            <>
              <Button variant="outline" onClick={record}><RotateCcw />{t.again}</Button>
              <Button ref={main} data-testid="video-note-send" onClick={send}><ArrowUp />{t.send}</Button>
            </>
          )}
        </div>
      </div>
    </Dialog>
  )
}
