// Letters that run from right to left, and the two direction marks.
const turns = /[\u0590-\u08ff\u200e\u200f\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Isolates a name within a sentence, so that the text around it keeps its order. */
export function isolate(name: string): string {
  return turns.test(name) ? `\u2068${name}\u2069` : name
}
