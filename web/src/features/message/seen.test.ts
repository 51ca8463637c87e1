import { describe, expect, it } from "vitest"
import { seenUpTo, type Box } from "./seen"

const line = (id: number | null, top: number, bottom: number): Box => ({ id, top, bottom })

describe("what has been seen on a screen from 100 to 500", () => {
  it.each([
    ["nothing of an empty one", [], null],
    ["nothing above or below", [line(1, 0, 100), line(2, 500, 540)], null],
    ["the newest that is whole", [line(1, 100, 140), line(2, 140, 180), line(3, 480, 540)], 2],
    ["one that began above", [line(1, 60, 140)], 1],
    ["one that hides half a line under the edge", [line(1, 460, 506)], 1],
    ["not a desk's own line", [line(1, 100, 140), line(null, 140, 180)], 1],
    ["one taller than the screen once it fills the upper half", [line(1, 250, 900)], 1],
    ["not one taller than the screen that only begins", [line(1, 400, 900)], null],
  ] as const)("%s", (_, boxes, expected) => expect(seenUpTo(boxes, 100, 500)).toBe(expected))
})
