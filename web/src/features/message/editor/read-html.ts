import type { Entity } from "@/contract"
import { limits } from "@/contract"
import { safeUrl } from "../entities"
import { normalise, type Format, type Rich } from "./model"

/** A pasted page or document as text with the formatting that a message can have. Nothing of the page's markup is kept. */

const formats: Record<string, Format> = {
  B: "bold", STRONG: "bold", H1: "bold", H2: "bold", H3: "bold", H4: "bold", H5: "bold", H6: "bold", TH: "bold", I: "italic", EM: "italic", CITE: "italic", VAR: "italic",
  U: "underline", INS: "underline", S: "strikethrough", DEL: "strikethrough", STRIKE: "strikethrough", CODE: "code", KBD: "code", SAMP: "code", TT: "code",
  PRE: "pre", BLOCKQUOTE: "blockquote", "TG-SPOILER": "spoiler",
}
const blocks = new Set(["P", "DIV", "LI", "UL", "OL", "H1", "H2", "H3", "H4", "H5", "H6", "PRE", "BLOCKQUOTE", "TABLE", "TR", "SECTION", "ARTICLE", "HEADER", "FOOTER", "FIGURE", "DL", "DT", "DD", "HR"])
/** An empty line before and after. */
const apart = new Set(["P", "H1", "H2", "H3", "H4", "H5", "H6", "UL", "OL", "TABLE"])
const skipped = new Set(["SCRIPT", "TEMPLATE", "HEAD", "TITLE", "NOSCRIPT", "META", "LINK", "SVG"])

/** Styles and event handlers are renamed, because the security policy refuses them and would report each. */
function parse(html: string): HTMLElement {
  const tame = html.replace(/<[^>]*>/g, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style=").replace(/[\s/]on[a-z]+\s*=/gi, " data-on=").replace(/^<(\/?)style\b/i, "<$1template"))
  return new DOMParser().parseFromString(tame, "text/html").body
}

function styleOf(element: HTMLElement): { add: Format[]; drop: Format[] } {
  const style = element.dataset["style"] ?? ""
  const add: Format[] = []
  const drop: Format[] = []
  const weight = /font-weight:\s*(\w+)/i.exec(style)?.[1]
  if (weight) (weight === "bold" || weight === "bolder" || Number(weight) >= 600 ? add : drop).push("bold")
  const slant = /font-style:\s*(\w+)/i.exec(style)?.[1]
  if (slant) (slant === "italic" || slant === "oblique" ? add : drop).push("italic")
  const line = /text-decoration(?:-line)?:\s*([^;]+)/i.exec(style)?.[1] ?? ""
  if (/underline/.test(line)) add.push("underline")
  if (/line-through/.test(line)) add.push("strikethrough")
  return { add, drop }
}

function formatsOf(element: HTMLElement): Format[] {
  const { add, drop } = styleOf(element)
  const own = element.classList.contains("tg-spoiler") ? "spoiler" : element.tagName === "BLOCKQUOTE" && element.hasAttribute("expandable") ? "expandable_blockquote" : formats[element.tagName]
  // A link is underlined anyway.
  const all = [...(own ? [own] : []), ...add.filter((format) => !(format === "underline" && element.closest("a")))]
  return [...new Set(all)].filter((format) => !drop.includes(format))
}

export function readHtml(html: string): Rich {
  const entities: Entity[] = []
  let text = ""
  /** Line breaks that are due before the next letter. */
  let due = 0
  const breakLine = (lines: number) => {
    if (text !== "") due = Math.max(due, lines)
  }
  const write = (more: string) => {
    if (more === "") return
    if (due > 0) text = text.replace(/[ \t]+$/, "") + "\n".repeat(due)
    due = 0
    text += more
  }
  const words = (data: string, exact: boolean) => {
    if (exact) return write(data.replaceAll("\u00a0", " "))
    const folded = data.replace(/[ \t\r\n\f]+/g, " ").replaceAll("\u00a0", " ")
    const starts = text === "" || due > 0 || /\s$/.test(text)
    write(starts ? folded.trimStart() : folded)
  }
  const walk = (node: Node, exact: boolean) => {
    if (node instanceof Text) return words(node.data, exact)
    if (!(node instanceof HTMLElement) || skipped.has(node.tagName.toUpperCase())) return
    const tag = node.tagName
    if (tag === "BR") return breakLine(due + 1)
    if (tag === "IMG") return words(node.getAttribute("alt") ?? "", false)
    const block = blocks.has(tag)
    if (block) breakLine(apart.has(tag) ? 2 : 1)
    if (tag === "LI") write(node.parentElement?.tagName === "OL" ? `${[...node.parentElement.children].indexOf(node) + 1}. ` : "• ")
    if ((tag === "TD" || tag === "TH") && node.previousElementSibling) write("\t")
    // What is due is written before the formatting begins.
    const start = due > 0 ? text.replace(/[ \t]+$/, "").length + due : text.length
    for (const child of node.childNodes) walk(child, exact || tag === "PRE")
    const from = start + (/^\s*/.exec(text.slice(start))?.[0].length ?? 0)
    const length = text.trimEnd().length - from
    if (length > 0) mark(node, from, length)
    if (block) breakLine(apart.has(tag) ? 2 : 1)
  }
  const mark = (element: HTMLElement, offset: number, length: number) => {
    const href = element.tagName === "A" ? safeUrl(element.getAttribute("href") ?? "") : null
    if (href && !href.startsWith("https://#")) entities.push({ type: "text_link", offset, length, url: href })
    for (const type of formatsOf(element)) {
      const language = type === "pre" ? /(?:language|lang)-([\w+#-]+)/.exec(`${element.className} ${element.querySelector("code")?.className ?? ""}`)?.[1] : undefined
      entities.push({ type, offset, length, ...(language && { language }) })
    }
  }
  walk(parse(html), false)
  return finish(text, entities)
}

/** Code has no formatting inside, a quote no other quote, and a message not more than it may have. */
function finish(text: string, entities: readonly Entity[]): Rich {
  const within = (inner: Entity, outer: Entity) => inner !== outer && inner.offset >= outer.offset && inner.offset + inner.length <= outer.offset + outer.length
  const quote = ({ type }: Entity) => type === "blockquote" || type === "expandable_blockquote"
  const kept = entities.filter((entity) => !entities.some((other) =>
    within(entity, other) && ((other.type === "pre" && entity.type !== "pre") || (other.type === "code" && entity.type !== "code" && entity.type !== "pre" && !(entity.type === "text_link" && entity.length === other.length)) || (quote(entity) && quote(other) && entity.length < other.length))))
  const trimmed = text.trimEnd()
  return normalise({ text: trimmed, entities: kept.slice(0, limits.entities_max) })
}
