import { BellOff, Forward as ForwardIcon, Lock, Pin, Trash2, Users, X } from "lucide-react"
import { memo } from "react"
import type { Forward, ReplyQuote } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatTime } from "@/shared/i18n/dates"
import { cn } from "@/shared/lib/cn"
import { isVisible } from "@/shared/lib/visible"
import { contentName, isBlank, messageLine } from "@/shared/lib/words"
import { KindIcon } from "@/shared/ui/kind-icon"
import { Moment } from "@/shared/ui/moment"
import { toastFailure } from "@/shared/ui/toast"
import { abilitiesOf } from "./abilities"
import type { QuotedPiece } from "./answer"
import { reactToMessage, retryChange } from "./change-message"
import { ChangeLine, DeliveryMark, FailureLine, WaitLine } from "./delivery"
import { Keyboard } from "./keyboard"
import { MediaGrid } from "./media-grid"
import { BubbleMenu } from "./message-menu"
import { startEdit } from "./message-actions"
import { discardOutgoing, retryOutgoing, type Outgoing } from "./outgoing"
import { PieceView } from "./piece"
import { drawnEmoji } from "./reactions"
import { retryMessage } from "./retry-message"
import { RichText } from "./rich-text"
import { isLoose, type BubbleView, type Piece, type Words } from "./view"

interface BubbleProps {
  view: BubbleView
  customer: string
  channel: string
  first: boolean
  last: boolean
  /** Shown above the first bubble of another operator. */
  signed: boolean
  onReply: (quote: ReplyQuote, piece?: QuotedPiece) => void
  onVisual: (view: BubbleView, index: number) => void
  onEdits: (id: number) => void
  onRaw: (id: number) => void
  onQuote: (id: number) => void
  onReactions: (id: number) => void
}

export const Bubble = memo(function Bubble(props: BubbleProps) {
  const { view, first, last, signed, customer } = props
  const t = useT()
  const locale = useLocale()
  const { out, outgoing } = view
  const retry = () => {
    if (outgoing) retryOutgoing(outgoing.client_id)
    else if (view.id !== null) retryMessage(view.id).catch(toastFailure)
  }
  const trouble = outgoing?.waits ? "waits" : view.delivery === "failed" || view.delivery === "uncertain" ? view.delivery : null
  return (
    <article
      data-testid="message"
      data-id={view.id ?? undefined}
      data-delivery={view.delivery ?? undefined}
      data-direction={out ? "out" : "in"}
      data-deleted={view.deleted || undefined}
      aria-label={t.message.from(out ? view.author : customer, formatTime(locale, view.at))}
      className={cn("group/message flex flex-col px-3 md:px-6", out ? "items-end" : "items-start", first ? "pt-2.5" : "pt-0.5")}
    >
      {signed && first && <bdi className="mb-1 max-w-full px-2 text-xs font-medium text-subtle wrap-anywhere">{view.author}</bdi>}
      <div className={cn("flex max-w-[min(88%,36rem)] items-center gap-1", out && "flex-row-reverse")}>
        <div className={cn("flex min-w-0 flex-col", view.deleted && "text-muted-foreground")}>
          {isLoose(view) ? <Loose {...props} /> : (
            <div
              className={cn(
                "relative overflow-hidden",
                boxStyle(out),
                last && (out ? "rounded-br-md" : "rounded-bl-md"),
              )}
            >
              <Inside {...props} />
            </div>
          )}
          {view.buttons.length > 0 && !view.deleted && <Keyboard rows={view.buttons} className="mt-1" />}
        </div>
        {view.id !== null && <BubbleMenu {...props} id={view.id} />}
      </div>
      {view.reactions.length > 0 && <Reactions view={view} customer={customer} channel={props.channel} />}
      {view.waitsUntil !== null && <WaitLine until={view.waitsUntil} />}
      {trouble && <FailureLine kind={trouble} reason={view.error} onRetry={retry} onDiscard={outgoing ? () => discardOutgoing(outgoing.client_id) : undefined} />}
      {view.change?.state === "failed" && <FailedChange view={view} />}
    </article>
  )
})

/** What the channel refused: why, and the ways on. */
function FailedChange({ view }: { view: BubbleView }) {
  const message = view.messages.find(({ change }) => change?.state === "failed")
  if (!message?.change) return null
  return <ChangeLine change={message.change} onRetry={() => void retryChange(message).catch(toastFailure)} onEdit={message.change.what === "edit" ? () => startEdit(message) : undefined} />
}

/** What both sides answered with an emoji. A press takes back the desk's own. */
function Reactions({ view: { reactions, messages, change, out }, customer, channel }: { view: BubbleView; customer: string; channel: string }) {
  const t = useT().message
  const own = messages.find(({ reactions }) => reactions?.some(({ by }) => by === "operator"))
  const style = "grid h-6.5 animate-in place-items-center rounded-full border bg-surface px-2 text-sm leading-none shadow-sm"
  return (
    <ul data-testid="reactions" aria-label={t.reactions} className={cn("relative z-1 -mt-1.5 flex flex-wrap gap-1 px-2", out && "justify-end")}>
      {reactions.map(({ by, emoji }) => {
        const label = by === "operator" ? t.reactionOurs(emoji) : t.reactionOf(customer, emoji)
        const sign = <><span className="sr-only">{label}</span><span aria-hidden="true">{drawnEmoji(emoji)}</span></>
        return (
          <li key={`${by}${emoji}`} data-by={by}>
            {by === "operator" && own && abilitiesOf(channel).can("react") ? (
              <button type="button" data-tip={t.takeReaction(emoji)} data-tip-side="top" onClick={() => void reactToMessage(own, null).catch(toastFailure)} className={cn(style, "border-link hover:bg-accent max-md:h-8", change?.what === "reaction" && "opacity-60")}>{sign}</button>
            ) : <span title={label} className={cn(style, by === "operator" && "border-link")}>{sign}</span>}
          </li>
        )
      })}
    </ul>
  )
}

const boxStyle = (out: boolean) => cn("min-w-0 rounded-2xl text-[15px] leading-[1.4] shadow-sm md:text-[14px]", out ? "bg-bubble-out" : "bg-bubble-in")
const pillStyle = "rounded-full bg-black/60 px-2 py-0.5 [&_*]:text-white!"

/** A sticker or a video message, without a bubble; its forward line or quote has a small bubble above it. */
function Loose(props: BubbleProps) {
  const { view } = props
  const [piece] = view.pieces
  if (!piece) return null
  return (
    <div className={cn("flex min-w-0 flex-col gap-1", view.out ? "items-end" : "items-start")}>
      {hasHead(view) && <div className={cn(boxStyle(view.out), "max-w-full pb-2")}><Head {...props} /></div>}
      <div className="relative max-w-full">
        <PieceView piece={piece} onRaw={props.onRaw} />
        <span className={cn("absolute right-0 bottom-0", pillStyle)}><Meta view={view} editedId={view.editedBare} onEdits={props.onEdits} /></span>
      </div>
    </div>
  )
}

/** Visuals, text and pieces. The time is in the last line if that has room. */
function Inside(props: BubbleProps) {
  const { view, customer } = props
  const { visuals, pieces, captions, captionAbove, outgoing } = view
  const meta = <Meta view={view} editedId={view.editedBare} onEdits={props.onEdits} />
  const wide = visuals.length > 0
  const above = captionAbove && wide
  const lastWords = pieces.length > 0 ? (pieces.at(-1)?.words ?? null) : above ? null : (captions.at(-1) ?? null)
  const block = (words: Words) => <WordBlock key={words.id} words={words} view={view} narrow={wide} meta={words === lastWords} onEdits={props.onEdits} />
  const grid = wide && (
    <div className={cn("relative", (above || hasHead(view)) && "pt-1.5")}>
      <MediaGrid visuals={visuals} name={view.out ? view.author : customer} onOpen={(index) => props.onVisual(view, index)} />
      {outgoing?.state === "sending" && <Progress outgoing={outgoing} />}
      {!lastWords && pieces.length === 0 && <span className={cn("absolute right-1.5 bottom-1.5", pillStyle)}>{meta}</span>}
    </div>
  )
  return (
    <>
      <Head {...props} />
      {above && captions.map(block)}
      {grid}
      {!above && captions.map(block)}
      {pieces.map((piece) => (
        <div key={piece.key} data-edited={view.edited || undefined} className={cn(wide && "w-0 min-w-full")}>
          <PieceView piece={piece} onRaw={props.onRaw} />
          {piece.words && block(piece.words)}
        </div>
      ))}
      {!wide && outgoing?.state === "sending" && outgoing.files.length > 0 && <div className="relative h-10"><Progress outgoing={outgoing} /></div>}
      {!lastWords && (!wide || pieces.length > 0) && <div className={cn("pointer-events-none flex justify-end px-3 pb-[7px] *:pointer-events-auto", hasFoot(pieces.at(-1)) && "-mt-5.5")}>{meta}</div>}
    </>
  )
}

/** Kinds whose last line leaves room for the time. */
const footed: ReadonlySet<string> = new Set(["voice", "audio", "document", "location", "venue", "contact", "poll", "checklist", "dice", "story", "invoice", "payment", "paid_media", "web_app_data", "game"])
const hasFoot = (piece: Piece | undefined) => piece?.state != null && footed.has(piece.kind)

interface WordBlockProps extends Pick<BubbleProps, "view" | "onEdits"> {
  words: Words
  narrow: boolean
  /** Whether the last line contains the time. */
  meta: boolean
}

function WordBlock({ words, view, narrow, meta, onEdits }: WordBlockProps) {
  const t = useT().message
  return (
    <div className={cn("flow-root px-3 pt-[7px] pb-[7px]", narrow && "w-0 min-w-full")}>
      {isVisible(words.text) ? <span data-words={words.id ?? undefined} className={cn(view.deleted && "line-through decoration-1")}><RichText text={words.text} entities={words.entities} /></span> : <span className="text-subtle italic">{t.blank}</span>}
      {meta ? (
        <span className="float-right mt-1.5 -mb-0.5 ml-3"><Meta view={view} editedId={words.edited ? words.id : view.editedBare} onEdits={onEdits} /></span>
      ) : (
        words.edited && <span className={cn("float-right mt-1.5 ml-3 text-[11px] leading-4", tint(view))}><EditedMark id={words.id} onEdits={onEdits} /></span>
      )}
    </div>
  )
}

const hasHead = ({ forward, reply, external, via }: BubbleView) => forward !== null || reply !== null || external !== null || via !== null

/** The lines above the content: forward, bot, quote. */
function Head({ view: { forward, reply, quote, external, via }, customer, onQuote }: BubbleProps) {
  const t = useT().message.kinds
  return (
    <>
      {forward && <ForwardLine forward={forward} />}
      {via && <p className="px-3 pt-2 text-[13px] font-medium text-link wrap-anywhere">{t.via(via)}</p>}
      {external && <OuterQuote external={external} quote={quote} />}
      {reply && <Quote reply={reply} quote={quote} customer={customer} onOpen={onQuote} />}
    </>
  )
}

const tint = ({ out }: BubbleView) => (out ? "text-bubble-out-meta" : "text-subtle")

function EditedMark({ id, onEdits }: { id: number | null; onEdits: (id: number) => void }) {
  const t = useT().message
  if (id === null) return null
  return <button type="button" data-testid="edited" className="rounded underline-offset-2 hover:underline" onClick={() => onEdits(id)}>{t.edited}</button>
}

function Meta({ view, editedId, onEdits }: { view: BubbleView; editedId: number | null; onEdits: (id: number) => void }) {
  const t = useT()
  const { origin } = t.group
  const locale = useLocale()
  return (
    <span className={cn("flex items-center gap-1 text-[11px] leading-4 whitespace-nowrap tabular-nums", tint(view))}>
      {view.deleted ? <span className="flex items-center gap-1" data-testid="deleted"><Trash2 className="size-3" aria-hidden="true" />{t.message.deleted}</span> : view.change?.state === "queued" && view.change.what !== "reaction" ? <span data-testid="changing" className="italic">{t.message.changing[view.change.what]}</span> : null}
      <EditedMark id={view.change?.what === "edit" && view.change.state === "queued" ? null : editedId} onEdits={onEdits} />
      {view.pinned && <Sign icon={Pin} label={t.message.pinned} />}
      {view.silent && <Sign icon={BellOff} label={t.message.silent} />}
      {view.protected && <Sign icon={Lock} label={t.message.protected} />}
      {view.fromGroup && <span title={origin} data-testid="from-group"><Users className="size-3" aria-hidden="true" /><span className="sr-only">{origin}</span></span>}
      <Moment at={view.at}>{formatTime(locale, view.at)}</Moment>
      {view.delivery && <DeliveryMark delivery={view.delivery} id={view.id} />}
    </span>
  )
}

function Sign({ icon: Icon, label }: { icon: typeof Pin; label: string }) {
  return <span role="img" aria-label={label} data-tip={label} data-tip-side="top"><Icon className="size-3" aria-hidden="true" /></span>
}

function ForwardLine({ forward: { name } }: { forward: Forward }) {
  const t = useT().message
  return (
    <p data-testid="forward" className="flex items-baseline gap-1.5 px-3 pt-2 pb-0.5 text-[13px] font-medium text-link">
      <ForwardIcon className="size-3.5 shrink-0 translate-y-0.5" aria-hidden="true" />
      <span className="wrap-anywhere">{name ? t.forwardedFrom(name) : t.forwarded}</span>
    </p>
  )
}

const quoteStyle = "mx-2 mt-2 block w-[calc(100%-1rem)] rounded-lg border-l-3 border-link bg-code px-2.5 py-1 text-left text-[13px]"

function Quote({ reply, quote, customer, onOpen }: { reply: ReplyQuote; quote: string | null; customer: string; onOpen: (id: number) => void }) {
  const t = useT()
  return (
    <button type="button" onClick={() => onOpen(reply.id)} className={quoteStyle}>
      <span dir="auto" className="block truncate text-left font-medium text-link">{reply.direction === "in" ? customer : t.message.answer}</span>
      {quote ? <QuotedPart text={quote} /> : (
        <span className="flex min-w-0 items-center gap-1">
          <KindIcon kind={reply.kind} />
          <span dir="auto" className={cn("line-clamp-1 text-left text-muted-foreground", isBlank(reply) && "italic")}>{messageLine(reply, t)}</span>
        </span>
      )}
    </button>
  )
}

/** The part of the message that was quoted. */
function QuotedPart({ text }: { text: string }) {
  return <span data-testid="quoted-part" dir="auto" className="line-clamp-4 text-left text-muted-foreground whitespace-pre-wrap wrap-anywhere">{text}</span>
}

/** The quote of a message in another chat. It is no link, since the desk does not have that message. */
function OuterQuote({ external, quote }: { external: NonNullable<BubbleView["external"]>; quote: string | null }) {
  const t = useT()
  const { repliesTo, repliesElsewhere } = t.message.kinds
  const content = external.content && external.content !== "text" ? contentName(external.content, t) : null
  return (
    <div data-testid="outer-quote" className={quoteStyle}>
      <span dir="auto" className="block text-left font-medium text-link wrap-anywhere">{external.name ? repliesTo(external.name) : repliesElsewhere}</span>
      {quote ? <QuotedPart text={quote} /> : content && <span className="block text-muted-foreground">{content}</span>}
    </div>
  )
}

function Progress({ outgoing }: { outgoing: Outgoing }) {
  const t = useT().composer
  const percent = Math.round(outgoing.progress * 100)
  return (
    <div className="absolute inset-x-2 top-2 flex items-center gap-2 rounded-full bg-black/65 py-1 pr-1 pl-3 text-white">
      <progress aria-label={t.uploading(percent)} value={percent} max={100} className="h-1 min-w-0 flex-1 appearance-none overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-white/30 [&::-webkit-progress-value]:bg-white [&::-moz-progress-bar]:bg-white" />
      <span className="text-[11px] tabular-nums">{percent}%</span>
      <button type="button" aria-label={t.cancelUpload} onClick={() => discardOutgoing(outgoing.client_id)} className="grid size-6 place-items-center rounded-full hover:bg-white/20 max-md:size-10"><X className="size-3.5" /></button>
    </div>
  )
}
