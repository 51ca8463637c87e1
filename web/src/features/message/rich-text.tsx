import { memo, useMemo, useState, type ReactNode } from "react"
import type { Entity } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { safeUrl, toTree, type RichNode } from "./entities"

interface RichTextProps {
  text: string
  entities: readonly Entity[]
}

/** Formatting becomes elements, never HTML: what a customer wrote cannot become code. */
export const RichText = memo(function RichText({ text, entities }: RichTextProps) {
  const tree = useMemo(() => toTree(text, entities), [text, entities])
  return <span className="rich whitespace-pre-wrap wrap-anywhere" dir="auto">{elements(tree)}</span>
})

const blocks: ReadonlySet<string> = new Set(["pre", "blockquote", "expandable_blockquote"])
const isBlock = (node: RichNode | undefined) => typeof node === "object" && blocks.has(node.entity.type)

/** A block has lines of its own: the line break that sets it off in the text would show as an empty line. */
function elements(nodes: readonly RichNode[]): ReactNode[] {
  return nodes.map((node, i) => {
    if (typeof node !== "string") return toElement(node, i)
    const after = isBlock(nodes[i - 1]) && node.startsWith("\n") ? node.slice(1) : node
    return isBlock(nodes[i + 1]) && after.endsWith("\n") ? after.slice(0, -1) : after
  })
}

function toElement(node: Exclude<RichNode, string>, key: number): ReactNode {
  const { entity } = node
  const children = elements(node.children)
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
    case "text_link": return link(key, entity.url ?? "", children)
    case "url": return link(key, plain(node.children), children)
    case "email": return link(key, `mailto:${plain(node.children)}`, children)
    case "phone_number": return link(key, `tel:${plain(node.children).replace(/[^+\d]/g, "")}`, children)
    case "mention": return link(key, `https://t.me/${plain(node.children).slice(1)}`, children)
    case "text_mention":
    case "hashtag":
    case "cashtag":
    case "bot_command": return <span key={key} className="text-link">{children}</span>
    case "custom_emoji":
    case "date_time": return <span key={key}>{children}</span>
    default: return <span key={key}>{children}</span>
  }
}

function plain(nodes: readonly RichNode[]): string {
  return nodes.map((node) => (typeof node === "string" ? node : plain(node.children))).join("")
}

function link(key: number, address: string, children: ReactNode): ReactNode {
  const href = safeUrl(address)
  if (!href) return <span key={key}>{children}</span>
  return <a key={key} href={href} target="_blank" rel="noopener noreferrer nofollow">{children}</a>
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
