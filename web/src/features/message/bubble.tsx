import { Copy, Forward as ForwardIcon, History, MoreHorizontal, Reply, Users, X } from "lucide-react"
import { memo } from "react"
import type { Forward, ReplyQuote } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatTime } from "@/shared/i18n/dates"
import { copyText } from "@/shared/lib/clipboard"
import { cn } from "@/shared/lib/cn"
import { isVisible } from "@/shared/lib/visible"
import { isBlank, messageLine } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/shared/ui/menu"
import { Moment } from "@/shared/ui/moment"
import { toastFailure } from "@/shared/ui/toast"
import { DeliveryMark, FailureLine } from "./delivery"
import { discardOutgoing, retryOutgoing, type Outgoing } from "./outgoing"
import { PhotoGrid } from "./photo-grid"
import { PlaceholderCard } from "./placeholder"
import { retryMessage } from "./retry-message"
import { RichText } from "./rich-text"
import type { BubbleView, Words } from "./view"

interface BubbleProps {
  view: BubbleView
  customer: string
  first: boolean
  last: boolean
  /** Shown above the first bubble of another operator. */
  signed: boolean
  onReply: (quote: ReplyQuote) => void
  onPhoto: (view: BubbleView, index: number) => void
  onEdits: (id: number) => void
  onRaw: (id: number) => void
  onQuote: (id: number) => void
}

export const Bubble = memo(function Bubble(props: BubbleProps) {
  const { view, first, last, signed, customer } = props
  const t = useT()
  const locale = useLocale()
  const { out, outgoing, photos } = view
  const bare = photos.length > 0 && !view.text && !view.reply && !view.forward && view.placeholders.length === 0
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
      aria-label={t.message.from(out ? view.author : customer, formatTime(locale, view.at))}
      className={cn("group/message flex flex-col px-3 md:px-6", out ? "items-end" : "items-start", first ? "pt-2.5" : "pt-0.5")}
    >
      {signed && first && <bdi className="mb-1 max-w-full px-2 text-xs font-medium text-subtle wrap-anywhere">{view.author}</bdi>}
      <div className={cn("flex max-w-[min(88%,36rem)] items-center gap-1", out && "flex-row-reverse")}>
        <div
          className={cn(
            "relative min-w-0 overflow-hidden rounded-2xl text-[15px] leading-[1.4] shadow-sm md:text-[14px]",
            out ? "bg-bubble-out" : "bg-bubble-in",
            last && (out ? "rounded-br-md" : "rounded-bl-md"),
          )}
        >
          {view.forward && <ForwardLine forward={view.forward} />}
          {view.reply && <Quote reply={view.reply} customer={customer} onOpen={props.onQuote} />}
          {photos.length > 0 && <PhotoGrid photos={photos} label={t.message.photoOf(out ? view.author : customer)} onOpen={(index) => props.onPhoto(view, index)} />}
          {outgoing && photos.length > 0 && outgoing.state === "sending" && <Progress outgoing={outgoing} />}
          {bare ? (
            <span className="absolute right-1.5 bottom-1.5 rounded-full bg-black/60 px-2 py-0.5 [&_*]:text-white!"><Meta view={view} editedId={view.editedBare} onEdits={props.onEdits} /></span>
          ) : (
            <Said view={view} onEdits={props.onEdits} onRaw={props.onRaw} />
          )}
        </div>
        {view.id !== null && <BubbleMenu {...props} id={view.id} />}
      </div>
      {trouble && <FailureLine kind={trouble} reason={view.error} onRetry={retry} onDiscard={outgoing ? () => discardOutgoing(outgoing.client_id) : undefined} />}
    </article>
  )
})

/** Cards and words in their order. The last words share their line with the time; without any, the time has its own. */
function Said({ view, onEdits, onRaw }: { view: BubbleView } & Pick<BubbleProps, "onEdits" | "onRaw">) {
  const t = useT().message
  const all = [...view.captions, ...view.placeholders.flatMap(({ words }) => words ?? [])]
  const last = view.placeholders.length > 0 ? view.placeholders.at(-1)?.words : all.at(-1)
  const meta = <Meta view={view} editedId={last?.edited ? last.id : view.editedBare} onEdits={onEdits} />
  const narrow = view.photos.length > 0 && "w-0 min-w-full"
  const block = (words: Words) => (
    <div key={words.id} className={cn("flow-root px-3 pt-[7px] pb-[7px]", narrow)}>
      {isVisible(words.text) ? <RichText text={words.text} entities={words.entities} /> : <span className="text-subtle italic">{t.blank}</span>}
      {words === last ? (
        <span className="float-right mt-1.5 -mb-0.5 ml-3">{meta}</span>
      ) : (
        words.edited && <span className={cn("float-right mt-1.5 ml-3 text-[11px] leading-4", tint(view))}><EditedMark id={words.id} onEdits={onEdits} /></span>
      )}
    </div>
  )
  return (
    <>
      {view.captions.map(block)}
      {view.placeholders.map((one) => (
        <div key={one.id} className={cn(narrow)}>
          <PlaceholderCard placeholder={one} onRaw={() => onRaw(one.id)} />
          {one.words && block(one.words)}
        </div>
      ))}
      {!last && <div className="flex justify-end px-3 pb-[7px]">{meta}</div>}
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
  const { origin } = useT().group
  const locale = useLocale()
  return (
    <span className={cn("flex items-center gap-1 text-[11px] leading-4 whitespace-nowrap tabular-nums", tint(view))}>
      <EditedMark id={editedId} onEdits={onEdits} />
      {view.fromGroup && <span title={origin} data-testid="from-group"><Users className="size-3" aria-hidden="true" /><span className="sr-only">{origin}</span></span>}
      <Moment at={view.at}>{formatTime(locale, view.at)}</Moment>
      {view.delivery && <DeliveryMark delivery={view.delivery} id={view.id} />}
    </span>
  )
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

function Quote({ reply, customer, onOpen }: { reply: ReplyQuote; customer: string; onOpen: (id: number) => void }) {
  const t = useT()
  return (
    <button type="button" onClick={() => onOpen(reply.id)} className="mx-2 mt-2 block w-[calc(100%-1rem)] rounded-lg border-l-3 border-link bg-code px-2.5 py-1 text-left text-[13px]">
      <span dir="auto" className="block truncate text-left font-medium text-link">{reply.direction === "in" ? customer : t.message.answer}</span>
      <span dir="auto" className={cn("line-clamp-1 text-left text-muted-foreground", isBlank(reply) && "italic")}>{messageLine(reply, t)}</span>
    </button>
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

function BubbleMenu({ view, id, onReply, onEdits }: BubbleProps & { id: number }) {
  const t = useT().message
  const edited = [...view.captions, ...view.placeholders.flatMap(({ words }) => words ?? [])].find((words) => words.edited)?.id ?? view.editedBare
  const quote = { id, direction: view.out ? "out" : "in", kind: view.kind, content: view.content, preview: view.text.replace(/[\r\n]+/g, " ") } as const
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon-sm" aria-label={t.actions} className="-my-1 opacity-0 group-hover/message:opacity-100 focus-visible:opacity-100 data-[state=open]:opacity-100 pointer-coarse:text-subtle pointer-coarse:opacity-45"><MoreHorizontal /></Button>
      </MenuTrigger>
      <MenuContent align={view.out ? "end" : "start"}>
        <MenuItem onSelect={() => onReply(quote)}><Reply />{t.reply}</MenuItem>
        {view.text && (
          <MenuItem onSelect={() => void copyText(view.text)}><Copy />{t.copyText}</MenuItem>
        )}
        {edited !== null && <MenuItem onSelect={() => onEdits(edited)}><History />{t.editHistory}</MenuItem>}
      </MenuContent>
    </Menu>
  )
}
