import { memo, useMemo } from "react"
import type { Operator, ReplyQuote } from "@/contract"
import { useT } from "@/shared/i18n"
import type { QuotedPiece } from "./answer"
import { Bubble } from "./bubble"
import type { ThreadItem } from "./items"
import { DayLine, PressLine, StartLine, SystemLine, UnreadLine } from "./lines"
import { previewsOf } from "./outgoing"
import { viewOfMessages, viewOfOutgoing, type BubbleView } from "./view"

interface ThreadLineProps {
  item: ThreadItem
  customer: string
  channel: string
  operators: readonly Operator[]
  me: number
  onReply: (quote: ReplyQuote, piece?: QuotedPiece) => void
  onVisual: (view: BubbleView, index: number) => void
  onEdits: (id: number) => void
  onRaw: (id: number) => void
  onQuote: (id: number) => void
  onReactions: (id: number) => void
}

export const ThreadLine = memo(function ThreadLine({ item, operators, me, ...rest }: ThreadLineProps) {
  switch (item.type) {
    case "start": return <StartLine />
    case "day": return <DayLine at={item.at} />
    case "unread": return <UnreadLine />
    case "system":
      if (item.message.kind === "press") return <PressLine message={item.message} customer={rest.customer} onQuote={rest.onQuote} />
      return <SystemLine message={item.message} operators={operators} me={me} />
    case "message":
    case "outgoing": return <BubbleLine item={item} operators={operators} me={me} {...rest} />
  }
})

/** Both kinds through one component and one key: when the server's message comes, the same element stays. */
function BubbleLine({ item, operators, me, ...rest }: ThreadLineProps & { item: Extract<ThreadItem, { type: "message" | "outgoing" }> }) {
  const t = useT()
  const writer = item.type === "message" ? (item.messages[0]?.operator_id ?? null) : me
  const author = operators.find(({ id }) => id === writer)?.name ?? (writer === null ? t.message.system.greeting : t.message.system.someone)
  const view = useMemo(
    () => (item.type === "message" ? viewOfMessages(item.messages, author, previewsOf(item.messages[0]?.client_id ?? null)) : viewOfOutgoing(item.outgoing, author)),
    [item, author],
  )
  return <Bubble view={view} first={item.first} last={item.last} signed={view.out && writer !== me} {...rest} />
}
