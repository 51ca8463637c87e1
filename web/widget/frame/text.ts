// Splits a message's text into links and plain text. Pure; the parts become text nodes, never markup.

export interface Part {
  text: string
  href?: string
}

const link = /(?:https?:\/\/|www\.)[^\s<>"«»“”]+/gi

/** Punctuation at the end of a sentence is not part of a link; a closing bracket is only if the link contains the opening one. */
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
    // "https://" alone, or an invalid host, is plain text.
    if (!URL.canParse(href) || (match.index > 0 && /[\w@/]/.test(text[match.index - 1] ?? ""))) continue
    if (match.index > at) parts.push({ text: text.slice(at, match.index) })
    parts.push({ text: found, href })
    at = match.index + found.length
  }
  if (at < text.length) parts.push({ text: text.slice(at) })
  return parts
}

/** One to three emoji and nothing else, which are shown large. */
export function isLargeEmoji(text: string): boolean {
  if (text.length > 40 || !/^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|[\u200d\ufe0f\u20e3]|\s)+$/u.test(text)) return false
  const graphemes = [...new Intl.Segmenter().segment(text.replace(/\s/g, ""))].length
  return graphemes > 0 && graphemes <= 3
}

/** The length of a text in code points, as the desk counts it. */
export const lengthOf = (text: string): number => [...text].length
