import { limits } from "@/contract"
import { peaksOf } from "../waveform"
import { opusHead, opusLengthMs, opusRate, writeOgg } from "./ogg"
import { readWebm, type OpusStream } from "./webm"

export interface Recording {
  file: File
  duration_ms: number
  waveform: readonly number[]
}

const loudest = 31
const bitrate = 32_000

/**
 * A recording as a voice message: Ogg with Opus, one channel, 48 kHz. Chromium, Firefox and newer Safari record Opus
 * themselves, and only the container changes. Older Safari records AAC: its encoder for Opus is used if it has one,
 * otherwise the AAC file is sent, which Telegram accepts as a voice message, too.
 */
export async function toVoice(recorded: Blob, name: string): Promise<Recording> {
  const bytes = await recorded.arrayBuffer()
  const sound = await decode(bytes.slice(0))
  const waveform = sound ? waveformOf(sound.getChannelData(0)) : []
  const stream = await opusOf(recorded.type, new Uint8Array(bytes), sound)
  const known = sound ? Math.round(sound.duration * 1000) : 0
  if (stream) return { file: oggFile([writeOgg(stream)], name), duration_ms: opusLengthMs(stream), waveform }
  if (recorded.type.startsWith("audio/ogg")) return { file: oggFile([bytes], name), duration_ms: known, waveform }
  return { file: new File([bytes], `${name}.m4a`, { type: "audio/mp4" }), duration_ms: known, waveform }
}

const oggFile = (parts: readonly (Uint8Array | ArrayBuffer)[], name: string) => new File(parts as BlobPart[], `${name}.ogg`, { type: "audio/ogg" })

export function waveformOf(samples: Float32Array): number[] {
  return peaksOf(samples, limits.waveform_max).map((peak) => Math.round(peak * loudest))
}

async function decode(bytes: ArrayBuffer): Promise<AudioBuffer | null> {
  try {
    return await new OfflineAudioContext(1, 1, opusRate).decodeAudioData(bytes)
  } catch {
    return null
  }
}

async function opusOf(type: string, bytes: Uint8Array, sound: AudioBuffer | null): Promise<OpusStream | null> {
  if (type.startsWith("audio/webm")) return readWebm(bytes)
  if (type.startsWith("audio/ogg") || !sound) return null
  return encode(sound.getChannelData(0)).catch(() => null)
}

const encoding: AudioEncoderConfig = { codec: "opus", sampleRate: opusRate, numberOfChannels: 1, bitrate }
/** What Opus encoders delay by (RFC 7845, 5.1: 80 ms suffice for every decoder). */
const usualSkip = 312
const stepSamples = opusRate / 10

async function encode(samples: Float32Array): Promise<OpusStream | null> {
  if (typeof AudioEncoder !== "function" || !(await AudioEncoder.isConfigSupported(encoding)).supported) return null
  const packets: Uint8Array[] = []
  let head = opusHead(1, usualSkip)
  let failed: unknown
  const encoder = new AudioEncoder({
    output: (chunk, about) => {
      const packet = new Uint8Array(chunk.byteLength)
      chunk.copyTo(packet)
      packets.push(packet)
      const given = about?.decoderConfig?.description
      if (given) head = new Uint8Array(given instanceof ArrayBuffer ? given.slice(0) : new Uint8Array((given as ArrayBufferView).buffer as ArrayBuffer))
    },
    error: (cause) => (failed = cause),
  })
  encoder.configure(encoding)
  for (let at = 0; at < samples.length; at += stepSamples) {
    const data = samples.slice(at, at + stepSamples)
    const piece = new AudioData({ format: "f32-planar", sampleRate: opusRate, numberOfFrames: data.length, numberOfChannels: 1, timestamp: Math.round((at / opusRate) * 1e6), data })
    encoder.encode(piece)
    piece.close()
  }
  await encoder.flush()
  encoder.close()
  if (failed) throw failed
  return { head: isHead(head) ? head : opusHead(1, usualSkip), packets }
}

const isHead = (head: Uint8Array) => String.fromCharCode(...head.subarray(0, 8)) === "OpusHead"
