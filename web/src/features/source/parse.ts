import type { SourceNew } from "@/contract"

export interface ParsedSources {
  rows: SourceNew[]
  /** Lines that cannot be read, by their number from 1. */
  bad: number[]
}

/** What a payload may be: Bot API, "Deep linking". */
const payloadForm = /^[A-Za-z0-9_-]{1,64}$/
const languageForm = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/

/** The cells of a line; in quotes a comma is a comma and two quotes are one. */
function cellsOf(line: string): string[] {
  const sign = line.includes("\t") ? "\t" : line.includes(";") ? ";" : ","
  const cells: string[] = [""]
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? ""
    const last = cells.length - 1
    if (c === '"' && quoted && line[i + 1] === '"') {
      cells[last] += c
      i++
    } else if (c === '"' && (quoted || cells[last]?.trim() === "")) {
      if (!quoted) cells[last] = ""
      quoted = !quoted
    } else if (c === sign && !quoted) cells.push("")
    else cells[last] += c
  }
  return cells.map((cell) => cell.trim())
}

/**
 * Pasted lines "payload, source, tag, language", separated by tabs, semicolons or commas; the last two may be missing. A whole
 * link counts as its payload. A first line of headings is left out; of two lines with one payload the later counts.
 */
export function parseSources(text: string): ParsedSources {
  const rows = new Map<string, SourceNew>()
  const bad: number[] = []
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === "") return
    const [first = "", name = "", tag = "", language = ""] = cellsOf(line)
    const payload = /[?&]start=([^&#\s]*)/.exec(first)?.[1] ?? first
    const heading = rows.size === 0 && bad.length === 0 && /^(payload|метка|параметр)$/i.test(payload)
    if (heading) return
    if (!payloadForm.test(payload) || name === "" || (language !== "" && !languageForm.test(language))) bad.push(i + 1)
    else rows.set(payload, { payload, name, tag: tag || null, language: language || null })
  })
  return { rows: [...rows.values()], bad }
}
