/** Of six columns. */
export type Span = 6 | 3 | 2

/** How wide each picture of an album stands: rows of two, then of three, so that every row is full. Three: one above two. */
export function spansOf(count: number): readonly Span[] {
  if (count === 1) return [6]
  if (count === 3) return [6, 3, 3]
  const rowsOfTwo = { 0: 0, 1: 2, 2: 1 }[count % 3] ?? 0
  return Array.from({ length: count }, (_, i) => (i < rowsOfTwo * 2 ? 3 : 2))
}
