import { expect, test } from "vitest"
import { spansOf } from "./album"

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("an album of %d leaves no cell of a row empty", (count) => {
  const spans = spansOf(count)
  expect(spans).toHaveLength(count)
  let filled = 0
  for (const span of spans) {
    filled += span
    expect(filled).toBeLessThanOrEqual(6)
    if (filled === 6) filled = 0
  }
  expect(filled).toBe(0)
})
