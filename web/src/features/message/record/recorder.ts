/** The microphone, its level, and what was recorded so far. */
export type Trouble = "refused" | "noMicrophone" | "failed"

const types = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"]
const bitrate = 32_000
/** So often the browser hands over what it has. */
const sliceMs = 1000

export function troubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : ""
  return name === "NotAllowedError" || name === "SecurityError" ? "refused" : name === "NotFoundError" ? "noMicrophone" : "failed"
}

export class Recorder {
  private readonly chunks: Blob[] = []
  private readonly samples: Float32Array<ArrayBuffer>
  private recordedMs = 0
  private since = performance.now()
  private ended: Promise<void>
  private readonly context: AudioContext
  private readonly stream: MediaStream
  private readonly analyser: AnalyserNode
  private readonly recorder: MediaRecorder

  private constructor(context: AudioContext, stream: MediaStream, analyser: AnalyserNode, recorder: MediaRecorder) {
    this.context = context
    this.stream = stream
    this.analyser = analyser
    this.recorder = recorder
    this.samples = new Float32Array(analyser.fftSize)
    recorder.ondataavailable = ({ data }) => data.size > 0 && this.chunks.push(data)
    this.ended = new Promise((resolve) => (recorder.onstop = () => resolve()))
    recorder.start(sliceMs)
  }

  /** One channel whatever the microphone has: the sound passes through a node that mixes it. */
  static async start(): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
    const context = new AudioContext()
    try {
      await context.resume()
      const source = context.createMediaStreamSource(stream)
      const analyser = new AnalyserNode(context, { fftSize: 1024 })
      const mono = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: "explicit" })
      source.connect(analyser)
      source.connect(mono)
      const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type))
      return new Recorder(context, stream, analyser, new MediaRecorder(mono.stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: bitrate }))
    } catch (error) {
      for (const track of stream.getTracks()) track.stop()
      void context.close()
      throw error
    }
  }

  get paused(): boolean {
    return this.recorder.state === "paused"
  }

  get lengthMs(): number {
    return this.recordedMs + (this.recorder.state === "recording" ? performance.now() - this.since : 0)
  }

  /** The volume now, between 0 and 1. */
  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples)
    let sum = 0
    for (const sample of this.samples) sum += sample ** 2
    return Math.min(1, Math.sqrt(sum / this.samples.length) * 3)
  }

  pause(): void {
    if (this.recorder.state !== "recording") return
    this.recordedMs = this.lengthMs
    this.recorder.pause()
  }

  resume(): void {
    if (this.recorder.state !== "paused") return
    this.since = performance.now()
    this.recorder.resume()
  }

  /** What is recorded so far, for listening to it in a pause. */
  async soFar(): Promise<Blob> {
    const given = new Promise<void>((resolve) => this.recorder.addEventListener("dataavailable", () => resolve(), { once: true }))
    this.recorder.requestData()
    await given
    return this.blob()
  }

  /** Ends the recording and lets the microphone go. */
  async finish(): Promise<Blob> {
    if (this.recorder.state !== "inactive") {
      this.recordedMs = this.lengthMs
      this.recorder.stop()
    }
    await this.ended
    for (const track of this.stream.getTracks()) track.stop()
    void this.context.close()
    return this.blob()
  }

  private blob(): Blob {
    return new Blob(this.chunks, { type: this.recorder.mimeType })
  }
}
