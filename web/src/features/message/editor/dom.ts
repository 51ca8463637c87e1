import type { Entity } from "@/contract"
import { toTree, type RichNode } from "../entities"
import { normalise, type Format, type Rich } from "./model"

/** Between the editable element and the model: draws, reads back, and counts the caret in UTF-16 units. */
const tags: Record<Format, string> = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", spoiler: "span", code: "code", pre: "pre", blockquote: "blockquote", expandable_blockquote: "blockquote", text_link: "a",
}

const formats: Record<string, Format> = {
  B: "bold", STRONG: "bold", I: "italic", EM: "italic", U: "underline", INS: "underline", S: "strikethrough", DEL: "strikethrough",
  STRIKE: "strikethrough", CODE: "code", PRE: "pre", BLOCKQUOTE: "blockquote",
}

export function draw(root: HTMLElement, rich: Rich): void {
  root.replaceChildren(...toTree(rich.text, rich.entities).map(toDom))
  // A line break at the very end is not drawn unless another follows it; browsers add one, and so do we.
  if (rich.text.endsWith("\n")) root.append("\n")
  root.toggleAttribute("data-empty", rich.text === "")
}

function toDom(node: RichNode): Node {
  if (typeof node === "string") return document.createTextNode(node)
  const { entity } = node
  const element = document.createElement(tags[entity.type as Format] ?? "span")
  if (entity.type === "spoiler") element.dataset["spoiler"] = ""
  if (entity.type === "expandable_blockquote") element.dataset["expandable"] = ""
  if (entity.type === "pre" && entity.language) element.dataset["language"] = entity.language
  if (entity.type === "text_link") element.dataset["url"] = entity.url ?? ""
  if (entity.type === "text_link") element.setAttribute("href", entity.url ?? "")
  element.append(...node.children.map(toDom))
  return element
}

export function read(root: HTMLElement): Rich {
  const { text, entities } = readAll(root)
  return normalise({ text: text.endsWith("\n") ? text.slice(0, -1) : text, entities })
}

function readAll(root: HTMLElement): Rich {
  const entities: Entity[] = []
  let text = ""
  const walk = (node: Node) => {
    if (node instanceof Text) {
      text += node.data
      return
    }
    if (!(node instanceof HTMLElement)) return
    if (node.tagName === "BR") {
      text += "\n"
      return
    }
    const block = node.tagName === "DIV" || node.tagName === "P"
    if (block && text !== "" && !text.endsWith("\n")) text += "\n"
    const offset = text.length
    node.childNodes.forEach(walk)
    const type = formatOf(node)
    if (type) entities.push({ type, offset, length: text.length - offset, ...(type === "text_link" && { url: node.dataset["url"] ?? "" }), ...(type === "pre" && node.dataset["language"] && { language: node.dataset["language"] }) })
  }
  root.childNodes.forEach(walk)
  return { text: text.replaceAll("\u00a0", " "), entities }
}

function formatOf(element: HTMLElement): Format | null {
  if (element.dataset["spoiler"] !== undefined) return "spoiler"
  if (element.dataset["url"] !== undefined) return "text_link"
  if (element.dataset["expandable"] !== undefined) return "expandable_blockquote"
  return formats[element.tagName] ?? null
}

export interface Span {
  from: number
  to: number
}

export function getSelection(root: HTMLElement): Span | null {
  const selection = document.getSelection()
  if (!selection || selection.rangeCount === 0) return null
  const range = selection.getRangeAt(0)
  if (!root.contains(range.startContainer) || !root.contains(range.endContainer)) return null
  return { from: offsetOf(root, range.startContainer, range.startOffset), to: offsetOf(root, range.endContainer, range.endOffset) }
}

function offsetOf(root: HTMLElement, container: Node, offset: number): number {
  const range = document.createRange()
  range.selectNodeContents(root)
  range.setEnd(container, offset)
  const copy = document.createElement("div")
  copy.append(range.cloneContents())
  return readAll(copy).text.length
}

export function setSelection(root: HTMLElement, { from, to }: Span): void {
  const selection = document.getSelection()
  if (!selection) return
  const [startNode, startOffset] = place(root, from)
  const [endNode, endOffset] = to === from ? [startNode, startOffset] : place(root, to)
  selection.setBaseAndExtent(startNode, startOffset, endNode, endOffset)
}

/** The text node that holds the letter before the position, so that typing goes on in its formatting. */
function place(root: HTMLElement, at: number): [Node, number] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  let left = at
  let last: Text | null = null
  for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
    if (left <= node.length && (left > 0 || at === 0)) return [node, left]
    left -= node.length
    last = node
  }
  return last ? [last, last.length] : [root, 0]
}
