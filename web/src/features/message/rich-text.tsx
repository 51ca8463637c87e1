import { memo, useMemo, useState, type ReactNode } from "react"
import type { Entity } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { cn } from "@/shared/lib/cn"
import { formatDated } from "./dated"
import { safeUrl, toTree, type RichNode } from "./entities"
import { findLinks, realHost } from "./links"

interface RichTextProps {
  text: string
  entities: readonly Entity[]
}

/** Formatting becomes elements, never HTML: what a customer wrote cannot become code. */
export const RichText = memo(function RichText({ text, entities }: RichTextProps) {
  const tree = useMemo(() => toTree(text, entities), [text, entities])
  return <span className="rich whitespace-pre-wrap wrap-anywhere" dir="auto">{elements(tree, true)}</span>
})

const blocks: ReadonlySet<string> = new Set(["pre", "blockquote", "expandable_blockquote"])
const isBlock = (node: RichNode | undefined) => typeof node === "object" && blocks.has(node.entity.type)

/** What the channel has marked as an address or as code is no place to look for addresses. */
const settled: ReadonlySet<string> = new Set(["url", "text_link", "email", "phone_number", "mention", "text_mention", "code", "pre"])

/** A block has lines of its own: the line break that sets it off in the text would show as an empty line. */
function elements(nodes: readonly RichNode[], seekLinks: boolean): ReactNode[] {
  return nodes.flatMap((node, i) => {
    if (typeof node !== "string") return [toElement(node, i, seekLinks)]
    const after = isBlock(nodes[i - 1]) && node.startsWith("\n") ? node.slice(1) : node
    const text = isBlock(nodes[i + 1]) && after.endsWith("\n") ? after.slice(0, -1) : after
    return seekLinks ? withLinks(text, i) : [text]
  })
}

function withLinks(text: string, key: number): ReactNode[] {
  return findLinks(text).map((piece, i) => (typeof piece === "string" ? piece : anchor(`${key}-${i}`, piece.href, piece.text, piece.text)))
}

function toElement(node: Exclude<RichNode, string>, key: number, seekLinks: boolean): ReactNode {
  const { entity } = node
  const children = elements(node.children, seekLinks && !settled.has(entity.type))
  switch (entity.type) {
    case "bold": return <strong key={key} className="font-semibold">{children}</strong>
    case "italic": return <em key={key}>{children}</em>
    case "underline": return <u key={key}>{children}</u>
    case "strikethrough": return <s key={key}>{children}</s>
    case "code": return <code key={key}>{children}</code>
    case "pre": return <pre key={key} tabIndex={0} data-language={entity.language}>{children}</pre>
    case "blockquote": return <blockquote key={key}>{children}</blockquote>
    case "expandable_blockquote": return <LongQuote key={key}>{children}</LongQuote>
    case "spoiler": return <Spoiler key={key}>{children}</Spoiler>
    case "text_link": return link(key, entity.url ?? "", node, children)
    case "url": return link(key, plain(node.children), node, children)
    case "email": return link(key, `mailto:${plain(node.children)}`, node, children)
    case "phone_number": return link(key, `tel:${plain(node.children).replace(/[^+\d]/g, "")}`, node, children)
    case "mention": return link(key, `https://t.me/${plain(node.children).slice(1)}`, node, children)
    case "text_mention":
    case "hashtag":
    case "cashtag":
    case "bot_command": return <span key={key} className="text-link">{children}</span>
    case "custom_emoji": return <span key={key}>{children}</span>
    case "date_time": return <Dated key={key} entity={entity}>{children}</Dated>
    default: return <span key={key}>{children}</span>
  }
}

function plain(nodes: readonly RichNode[]): string {
  return nodes.map((node) => (typeof node === "string" ? node : plain(node.children))).join("")
}

function link(key: number, address: string, node: Exclude<RichNode, string>, children: ReactNode): ReactNode {
  const href = safeUrl(address)
  if (!href) return <span key={key}>{children}</span>
  // A mention leads to a place that everybody knows.
  return anchor(key, href, node.entity.type === "mention" ? href : plain(node.children), children)
}

function anchor(key: number | string, href: string, typed: string, children: ReactNode): ReactNode {
  return <a key={key} href={href} title={realHost(href, typed)} className={href.startsWith("tel:") ? "whitespace-nowrap" : undefined} target="_blank" rel="noopener noreferrer nofollow">{children}</a>
}

/** A moment in the reader's zone and language. */
function Dated({ entity, children }: { entity: Entity; children: ReactNode }) {
  const locale = useLocale()
  if (entity.unix_time === undefined) return <span>{children}</span>
  const iso = new Date(entity.unix_time * 1000).toISOString()
  return <time dateTime={iso} title={formatFull(locale, iso)} className="underline decoration-dotted underline-offset-2">{formatDated(locale, entity.unix_time, entity.date_format ?? "") ?? children}</time>
}

function Spoiler({ children }: { children: ReactNode }) {
  const t = useT()
  const [shown, setShown] = useState(false)
  if (shown) return <span className="rounded bg-code">{children}</span>
  return (
    <button
      type="button"
      onClick={() => setShown(true)}
      className="inline rounded bg-subtle/60 text-left text-transparent [&_*]:text-transparent! hover:bg-subtle/50"
    >
      <span className="sr-only">{t.message.revealSpoiler}</span>
      <span aria-hidden="true">{children}</span>
    </button>
  )
}

function LongQuote({ children }: { children: ReactNode }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  return (
    <blockquote>
      <div className={cn(!open && "line-clamp-3")}>{children}</div>
      {!open && <button type="button" className="text-xs text-link" onClick={() => setOpen(true)}>{t.common.more}</button>}
    </blockquote>
  )
}
