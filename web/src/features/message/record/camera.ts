/** The camera as a square, and what was recorded of it: what Telegram calls a video message. */
import type { Trouble } from "./recorder"
import { noteType } from "./support"

/** Telegram's own size. */
export const side = 384
export const longestMs = 60_000
const frames = 30
const bitrates = { videoBitsPerSecond: 1_000_000, audioBitsPerSecond: 48_000 }

export function cameraTroubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : ""
  return name === "NotAllowedError" || name === "SecurityError" ? "refused" : name === "NotFoundError" || name === "OverconstrainedError" ? "noMicrophone" : "failed"
}

export class Camera {
  private readonly stream: MediaStream
  private readonly video = document.createElement("video")
  private readonly canvas = Object.assign(document.createElement("canvas"), { width: side, height: side })
  private frame = 0
  private recorder: MediaRecorder | null = null
  private chunks: Blob[] = []
  private since = 0

  private constructor(stream: MediaStream) {
    this.stream = stream
    this.video.muted = true
    this.video.playsInline = true
    this.video.srcObject = stream
  }

  static async start(): Promise<Camera> {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      video: { facingMode: "user", width: { ideal: 720 }, height: { ideal: 720 }, frameRate: { ideal: frames } },
    })
    const camera = new Camera(stream)
    try {
      await camera.video.play()
    } catch (error) {
      camera.close()
      throw error
    }
    camera.draw()
    return camera
  }

  /** The middle of the picture. Only the preview is mirrored. */
  private readonly draw = (): void => {
    const { videoWidth: width, videoHeight: height } = this.video
    const short = Math.min(width, height)
    if (short > 0) this.canvas.getContext("2d")?.drawImage(this.video, (width - short) / 2, (height - short) / 2, short, short, 0, 0, side, side)
    this.frame = requestAnimationFrame(this.draw)
  }

  /** For the preview: the camera itself. */
  get live(): MediaStream {
    return this.stream
  }

  get lengthMs(): number {
    return this.recorder?.state === "recording" ? performance.now() - this.since : 0
  }

  record(): void {
    const mimeType = noteType()
    if (!mimeType || this.recorder?.state === "recording") return
    this.chunks = []
    const mixed = new MediaStream([...this.canvas.captureStream(frames).getVideoTracks(), ...this.stream.getAudioTracks()])
    this.recorder = new MediaRecorder(mixed, { mimeType, ...bitrates })
    this.recorder.ondataavailable = ({ data }) => data.size > 0 && this.chunks.push(data)
    this.since = performance.now()
    this.recorder.start()
  }

  async stop(): Promise<{ blob: Blob; duration_ms: number } | null> {
    const { recorder } = this
    if (recorder?.state !== "recording") return null
    const duration_ms = Math.min(longestMs, Math.round(this.lengthMs))
    const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }))
    recorder.stop()
    await ended
    return { blob: new Blob(this.chunks, { type: "video/mp4" }), duration_ms }
  }

  /** Lets the camera and the microphone go. */
  close(): void {
    cancelAnimationFrame(this.frame)
    for (const track of this.stream.getTracks()) track.stop()
    this.video.srcObject = null
  }
}
