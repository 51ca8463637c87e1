// A message's text in parts: what is a link, and what is not. Pure; the parts become text nodes, never markup.

export interface Part {
  text: string
  href?: string
}

const link = /(?:https?:\/\/|www\.)[^\s<>"«»“”]+/gi

/** What ends a sentence does not belong to its link; a bracket does only where it was opened inside. */
function trimLink(found: string): string {
  let end = found.length
  for (;;) {
    const last = found[end - 1] ?? ""
    const opened = { ")": "(", "]": "[", "}": "{" }[last]
    const inside = found.slice(0, end)
    const extra = opened && inside.split(opened).length < inside.split(last).length
    if (!/[.,:;!?'…*_~]/.test(last) && !extra) return inside
    end--
  }
}

export function linkify(text: string): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const match of text.matchAll(link)) {
    const found = trimLink(match[0])
    const href = /^www\./i.test(found) ? `https://${found}` : found
    // "https://" alone, or a host that is none, is text like any other.
    if (!URL.canParse(href) || (match.index > 0 && /[\w@/]/.test(text[match.index - 1] ?? ""))) continue
    if (match.index > at) parts.push({ text: text.slice(at, match.index) })
    parts.push({ text: found, href })
    at = match.index + found.length
  }
  if (at < text.length) parts.push({ text: text.slice(at) })
  return parts
}

/** One to three emoji and nothing else: they may stand large. */
export function isLargeEmoji(text: string): boolean {
  if (text.length > 40 || !/^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|[\u200d\ufe0f\u20e3]|\s)+$/u.test(text)) return false
  const graphemes = [...new Intl.Segmenter().segment(text.replace(/\s/g, ""))].length
  return graphemes > 0 && graphemes <= 3
}

/** As the desk counts a text's length: code points, in C's sense of a character. */
export const lengthOf = (text: string): number => [...text].length
