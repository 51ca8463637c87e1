import { describe, expect, it } from "vitest"
import { barCount, barsPath, peaksOf, peaksOfWaveform } from "./waveform"

const tone = (length: number, loud: (at: number) => number) => Float32Array.from({ length }, (_, i) => Math.sin(i / 3) * loud(i / length))

describe("the waveform", () => {
  it("is as loud as the recording, stretch by stretch", () => {
    const peaks = peaksOf(tone(8000, (at) => (at < 0.5 ? 0.1 : 0.4)), 4)
    expect(peaks.map((peak) => Math.round(peak * 100) / 100)).toEqual([0.25, 0.25, 1, 1])
  })
  it("of silence is flat, however quiet its noise", () => {
    expect(peaksOf(tone(800, () => 0.0001), 4)).toEqual([0, 0, 0, 0])
  })
  it.each([0, 1, 3, barCount])("of %d samples has all its bars", (length) => {
    const peaks = peaksOf(tone(length, () => 1), barCount)
    expect(peaks).toHaveLength(barCount)
    expect(peaks.every((peak) => peak >= 0 && peak <= 1)).toBe(true)
  })
  it("stays within its box", () => {
    const box = { width: 184, height: 26 }
    const bars = [...barsPath(Array<number>(barCount).fill(1), box).matchAll(/M([\d.]+) ([\d.]+)v([\d.]+)/g)].map(([, x, y, tall]) => [Number(x), Number(y), Number(y) + Number(tall)])
    expect(bars).toHaveLength(barCount)
    for (const [x = 0, top = 0, bottom = 0] of bars) expect(x > 0 && x < box.width && top >= 0 && bottom <= box.height).toBe(true)
  })
})

it("a message's own waveform is drawn with as many bars as any", () => {
  expect(peaksOfWaveform([31, ...Array<number>(99).fill(0)])).toEqual([1, ...Array<number>(barCount - 1).fill(0)])
  expect(peaksOfWaveform([31])).toEqual(Array<number>(barCount).fill(1))
})
