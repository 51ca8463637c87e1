export type Side = "top" | "right" | "bottom" | "left"
export type Align = "start" | "center" | "end"

interface Placement {
  side: Side
  align: Align
  gap: number
}

const margin = 8

/** The position of a box beside an anchor: on the requested side if the box fits there, otherwise opposite, never off the screen. */
export function place(anchor: DOMRect, box: { width: number; height: number }, { side, align, gap }: Placement): { left: number; top: number } {
  const width = document.documentElement.clientWidth
  const height = document.documentElement.clientHeight
  const room: Record<Side, boolean> = {
    top: anchor.top - gap - box.height >= margin,
    bottom: anchor.bottom + gap + box.height <= height - margin,
    left: anchor.left - gap - box.width >= margin,
    right: anchor.right + gap + box.width <= width - margin,
  }
  const opposite: Record<Side, Side> = { top: "bottom", bottom: "top", left: "right", right: "left" }
  const chosen = room[side] || !room[opposite[side]] ? side : opposite[side]
  const upright = chosen === "top" || chosen === "bottom"
  const along = (start: number, end: number, size: number) => (align === "start" ? start : align === "end" ? end - size : (start + end - size) / 2)
  const left = upright ? along(anchor.left, anchor.right, box.width) : chosen === "left" ? anchor.left - gap - box.width : anchor.right + gap
  const top = !upright ? along(anchor.top, anchor.bottom, box.height) : chosen === "top" ? anchor.top - gap - box.height : anchor.bottom + gap
  return { left: clamp(left, width - box.width - margin), top: clamp(top, height - box.height - margin) }
}

function clamp(value: number, most: number): number {
  return Math.max(margin, Math.min(value, most))
}
