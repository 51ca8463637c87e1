import { limits, type Message } from "@/contract"
import type { QuotedPiece } from "./answer"

/** The text of a range without what a screen reader alone hears; line breaks of blocks as the text has them. */
function textOf(range: Range): string {
  const fragment = range.cloneContents()
  for (const hidden of fragment.querySelectorAll(".sr-only, button[data-testid]")) hidden.remove()
  return fragment.textContent ?? ""
}

/** Only letters: blocks are set off on the screen by lines of their own instead of the line breaks in the text. */
const bare = (text: string) => text.replace(/\s+/gu, "")

/**
 * Where the selected words stand in the text: the place with as many letters before it as on the screen. Null if they
 * are not a piece of it.
 */
export function findPiece(text: string, before: string, selected: string): QuotedPiece | null {
  const wanted = bare(selected)
  if (wanted === "") return null
  const skip = bare(before).length
  let from = 0
  let letters = 0
  for (; from < text.length && (letters < skip || /\s/u.test(text[from] ?? "")); from++) if (!/\s/u.test(text[from] ?? "")) letters++
  let to = from
  for (letters = 0; to < text.length && letters < wanted.length; to++) if (!/\s/u.test(text[to] ?? "")) letters++
  const piece = text.slice(from, to)
  return bare(piece) === wanted && piece.length <= limits.caption_max ? { text: piece, position: from } : null
}

/** The selected piece of the message's text, if the selection lies in it and is not all of it. */
export function selectedPiece(message: Pick<Message, "id" | "text">): QuotedPiece | null {
  const selection = document.getSelection()
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null
  const range = selection.getRangeAt(0)
  const rich = elementOf(range.commonAncestorContainer)?.closest<HTMLElement>("[data-words]")
  if (rich?.dataset["words"] !== String(message.id)) return null
  const before = document.createRange()
  before.selectNodeContents(rich)
  before.setEnd(range.startContainer, range.startOffset)
  return findPiece(message.text, textOf(before), textOf(range))
}

export const elementOf = (node: Node): Element | null => (node instanceof Element ? node : node.parentElement)
