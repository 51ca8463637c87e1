import { createStore, useStore } from "@/shared/lib/store"

export const barCount = 44
/** Larger files are played without a waveform, since the whole file would have to be decoded. */
const mostBytes = 8 << 20
const sampleRate = 8000

/** The volume of `count` equal parts of a recording, between 0 and 1; the loudest part is 1. */
export function peaksOf(samples: Float32Array, count: number): number[] {
  const peaks = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * samples.length) / count)
    const to = Math.max(from + 1, Math.floor(((i + 1) * samples.length) / count))
    let sum = 0
    for (let at = from; at < to && at < samples.length; at++) sum += (samples[at] ?? 0) ** 2
    return Math.sqrt(sum / (to - from))
  })
  const most = Math.max(...peaks)
  // The noise of a silent recording is not amplified.
  return most < 0.001 ? peaks.map(() => 0) : peaks.map((peak) => peak / most)
}

/** A message's own waveform, each value 0 to 31, as so many bars between 0 and 1 as are drawn. */
export function peaksOfWaveform(values: readonly number[]): number[] {
  return Array.from({ length: barCount }, (_, i) => {
    const from = Math.floor((i * values.length) / barCount)
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / barCount))
    return Math.max(...values.slice(from, to), 0) / 31
  })
}

/** An SVG path of vertical bars; a row of dots while `peaks` is unknown. */
export function barsPath(peaks: readonly number[] | null, { width, height }: { width: number; height: number }): string {
  const step = width / barCount
  return Array.from({ length: barCount }, (_, i) => {
    const tall = Math.max(0.01, (peaks?.[i] ?? 0) * (height - 3))
    const x = ((i + 0.5) * step).toFixed(1)
    return `M${x} ${((height - tall) / 2).toFixed(1)}v${tall.toFixed(2)}`
  }).join("")
}

const known = createStore<ReadonlyMap<number, readonly number[]>>(new Map())
const asked = new Set<number>()

/** Computes the waveform of a file once. If the file cannot be decoded, the dots stay. */
export async function learnWaveform(file: number, size: number): Promise<void> {
  if (asked.has(file) || size > mostBytes) return
  asked.add(file)
  try {
    const bytes = await (await fetch(`/api/files/${file}`)).arrayBuffer()
    const decoded = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes)
    const peaks = peaksOf(decoded.getChannelData(0), barCount)
    known.set((old) => new Map([...old, [file, peaks]]))
  } catch {
    asked.delete(file)
  }
}

export function useWaveform(file: number): readonly number[] | null {
  return useStore(known, (all) => all.get(file) ?? null)
}
