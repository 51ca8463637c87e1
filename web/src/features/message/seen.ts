/** What of a thread has been on the screen. */
export interface Box {
  /** The newest message of the customer in this line; null when there is none. */
  id: number | null
  top: number
  bottom: number
}

/** Half a line may hide under the edge. */
const slackPx = 8

/**
 * The newest message that can be seen between two heights: its end is there, or, where it is taller than the screen, it
 * fills the upper half. Null when none is.
 */
export function seenUpTo(boxes: readonly Box[], top: number, bottom: number): number | null {
  const middle = (top + bottom) / 2
  let seen: number | null = null
  for (const box of boxes) {
    if (box.id === null || box.bottom <= top || box.top >= bottom) continue
    const whole = box.bottom <= bottom + slackPx
    const tall = box.bottom - box.top > bottom - top && box.top <= middle
    if (whole || tall) seen = Math.max(seen ?? 0, box.id)
  }
  return seen
}
