/** The difference of two texts, word by word. */
export interface DiffPart {
  type: "same" | "added" | "removed"
  text: string
}

/** Cells of the table of common words; two texts of the greatest length that differ throughout stay below it. */
const mostCells = 6_000_000

/** Words, runs of blanks, and each other sign by itself. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{M}\p{N}_]+|\s+|[^\p{L}\p{M}\p{N}_\s]\p{M}*/gu) ?? []

export function diffWords(before: string, after: string): DiffPart[] {
  const [a, b] = [wordsOf(before), wordsOf(after)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const parts: DiffPart[] = []
  const add = (type: DiffPart["type"], text: string) => {
    const last = parts.at(-1)
    if (text === "") return
    if (last?.type === type) last.text += text
    else parts.push({ type, text })
  }
  add("same", a.slice(0, start).join(""))
  for (const { type, text } of middle(a.slice(start, a.length - end), b.slice(start, b.length - end))) add(type, text)
  add("same", a.slice(a.length - end).join(""))
  return joined(parts)
}

/** The longest common subsequence; of texts too long for it all is removed and added. */
function middle(a: readonly string[], b: readonly string[]): DiffPart[] {
  if (a.length * b.length > mostCells) return [{ type: "removed", text: a.join("") }, { type: "added", text: b.join("") }]
  const width = b.length + 1
  const longest = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number) => longest[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const parts: DiffPart[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      parts.push({ type: "same", text: a[i++] ?? "" })
      j++
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) parts.push({ type: "removed", text: a[i++] ?? "" })
    else parts.push({ type: "added", text: b[j++] ?? "" })
  }
  return parts
}

/**
 * A blank that stayed between two changed words belongs to the change: "red lamp" to "blue shade" is read as one change.
 * Within a stretch of changes what is removed comes first.
 */
function joined(parts: readonly DiffPart[]): DiffPart[] {
  const out: DiffPart[] = []
  let [removed, added] = ["", ""]
  const flush = () => {
    if (removed) out.push({ type: "removed", text: removed })
    if (added) out.push({ type: "added", text: added })
    removed = added = ""
  }
  parts.forEach(({ type, text }, i) => {
    const between = type === "same" && (removed !== "" || added !== "") && /^[^\S\n]+$/.test(text) && i < parts.length - 1
    if (type === "removed" || between) removed += text
    if (type === "added" || between) added += text
    if (type !== "same" || between) return
    flush()
    out.push({ type, text })
  })
  flush()
  return out
}

export const isChanged = (parts: readonly DiffPart[]): boolean => parts.some(({ type }) => type !== "same")
