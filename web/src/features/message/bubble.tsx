import { Copy, FileText, History, MapPin, Mic, MoreHorizontal, Paperclip, Reply, Sticker, UserRound, Users, Video, X, type LucideIcon } from "lucide-react"
import { memo, type ReactNode } from "react"
import type { Delivery, Entity, Message, ReplyQuote } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatFull, formatTime } from "@/shared/i18n/dates"
import { copyText } from "@/shared/lib/clipboard"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/shared/ui/menu"
import { toastFailure } from "@/shared/ui/toast"
import { DeliveryMark, FailureLine } from "./delivery"
import { discardOutgoing, previewsOf, retryOutgoing, type Outgoing } from "./outgoing"
import { PhotoGrid, type Photo } from "./photo-grid"
import { retryMessage } from "./retry-message"
import { RichText } from "./rich-text"

/** One bubble, whether the server has it already or not: both are brought into this shape, so nothing flickers between. */
export interface BubbleView {
  id: number | null
  out: boolean
  author: string
  text: string
  entities: readonly Entity[]
  photos: readonly Photo[]
  reply: ReplyQuote | null
  delivery: Delivery | "pending" | null
  error: string | null
  at: string
  edited: boolean
  unsupported: string | null
  /** Written in the staff's group and not here. */
  fromGroup: boolean
  outgoing: Outgoing | null
}

export function viewOfMessages(messages: readonly Message[], author: string): BubbleView {
  const first = messages[0] as Message
  const captioned = messages.find(({ text }) => text !== "") ?? first
  const troubled = messages.find(({ delivery }) => delivery === "failed" || delivery === "uncertain") ?? messages.at(-1) ?? first
  const local = previewsOf(first.client_id)
  const photos = messages.flatMap(({ files }) => files).map((file, i): Photo => ({
    key: String(file.id),
    src: local?.[i] ?? `/api/files/${file.id}?size=thumb`,
    state: local?.[i] ? "ready" : file.state,
    width: file.width,
    height: file.height,
  }))
  return {
    id: troubled.id, out: first.direction === "out", author, text: captioned.text, entities: captioned.entities, photos,
    reply: first.reply_to, delivery: first.direction === "out" ? troubled.delivery : null, error: troubled.delivery_error,
    at: first.created_at, edited: messages.some(({ edited_at }) => edited_at !== null),
    unsupported: first.kind === "unsupported" ? (first.content ?? "") : null, fromGroup: first.origin === "staff_group", outgoing: null,
  }
}

export function viewOfOutgoing(outgoing: Outgoing, author: string): BubbleView {
  const photos = outgoing.photos.map(({ id, url }): Photo => ({ key: id, src: url, state: "ready", width: null, height: null }))
  return {
    id: null, out: true, author, text: outgoing.text, entities: outgoing.entities, photos, reply: outgoing.reply_to,
    delivery: outgoing.state === "failed" && !outgoing.waits ? "failed" : "pending", error: outgoing.error, at: outgoing.created_at,
    edited: false, unsupported: null, fromGroup: false, outgoing,
  }
}

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
  const bare = photos.length > 0 && !view.text && !view.reply
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
      {signed && first && <span className="mb-1 px-2 text-xs font-medium text-subtle">{view.author}</span>}
      <div className={cn("flex max-w-[min(88%,36rem)] items-center gap-1", out && "flex-row-reverse")}>
        <div
          className={cn(
            "relative min-w-0 overflow-hidden rounded-2xl text-[15px] leading-[1.4] shadow-sm md:text-[14px]",
            out ? "bg-bubble-out" : "bg-bubble-in",
            last && (out ? "rounded-br-md" : "rounded-bl-md"),
          )}
        >
          {view.reply && <Quote reply={view.reply} customer={customer} onOpen={props.onQuote} />}
          {photos.length > 0 && <PhotoGrid photos={photos} label={t.message.photoOf(out ? view.author : customer)} onOpen={(index) => props.onPhoto(view, index)} />}
          {outgoing && photos.length > 0 && outgoing.state === "sending" && <Progress outgoing={outgoing} />}
          {view.unsupported !== null ? (
            <Unsupported what={view.unsupported} onRaw={() => view.id !== null && props.onRaw(view.id)}><Meta view={view} /></Unsupported>
          ) : bare ? (
            <span className="absolute right-1.5 bottom-1.5 rounded-full bg-black/60 px-2 py-0.5 [&_*]:text-white!"><Meta view={view} /></span>
          ) : (
            <div className={cn("flow-root px-3 pt-[7px] pb-[7px]", photos.length > 0 && "w-0 min-w-full")}>
              <RichText text={view.text} entities={view.entities} />
              <span className="float-right mt-1.5 -mb-0.5 ml-3"><Meta view={view} onEdits={() => view.id !== null && props.onEdits(view.id)} /></span>
            </div>
          )}
        </div>
        {view.id !== null && <BubbleMenu {...props} id={view.id} />}
      </div>
      {trouble && <FailureLine kind={trouble} reason={view.error} onRetry={retry} onDiscard={outgoing ? () => discardOutgoing(outgoing.client_id) : undefined} />}
    </article>
  )
})

function Meta({ view, onEdits }: { view: BubbleView; onEdits?: () => void }) {
  const t = useT().message
  const { origin } = useT().group
  const locale = useLocale()
  return (
    <span className={cn("flex items-center gap-1 text-[11px] leading-4 whitespace-nowrap tabular-nums", view.out ? "text-bubble-out-meta" : "text-subtle")}>
      {view.edited && onEdits && <button type="button" className="rounded underline-offset-2 hover:underline" onClick={onEdits}>{t.edited}</button>}
      {view.fromGroup && <span title={origin} data-testid="from-group"><Users className="size-3" aria-hidden="true" /><span className="sr-only">{origin}</span></span>}
      <time dateTime={view.at} title={formatFull(locale, view.at)}>{formatTime(locale, view.at)}</time>
      {view.delivery && <DeliveryMark delivery={view.delivery} id={view.id} />}
    </span>
  )
}

function Quote({ reply, customer, onOpen }: { reply: ReplyQuote; customer: string; onOpen: (id: number) => void }) {
  const t = useT()
  return (
    <button type="button" onClick={() => onOpen(reply.id)} className="mx-2 mt-2 block w-[calc(100%-1rem)] rounded-lg border-l-3 border-link bg-code px-2.5 py-1 text-left text-[13px]">
      <span className="block font-medium text-link">{reply.direction === "in" ? customer : t.message.answer}</span>
      <span dir="auto" className="line-clamp-1 text-muted-foreground">{reply.preview}</span>
    </button>
  )
}

const contentIcons: Record<string, LucideIcon> = {
  sticker: Sticker, voice: Mic, audio: Mic, video: Video, video_note: Video, animation: Video, document: FileText,
  location: MapPin, venue: MapPin, contact: UserRound,
}

function Unsupported({ what, onRaw, children }: { what: string; onRaw: () => void; children: ReactNode }) {
  const t = useT().message
  const Icon = contentIcons[what] ?? Paperclip
  return (
    <div className="flex items-start gap-3 px-3 py-2.5">
      <span className="grid size-9 shrink-0 place-items-center rounded-xl bg-code"><Icon className="size-4 text-muted-foreground" aria-hidden="true" /></span>
      <div className="min-w-0">
        <p className="font-medium">{(t.contents[what] ?? what) || t.unsupported}</p>
        <p className="text-[13px] text-muted-foreground">{t.unsupportedBody}</p>
        <div className="mt-0.5 flex items-center justify-between gap-4">
          <Button variant="link" size="text" className="max-md:min-h-10" onClick={onRaw}>{t.showRaw}</Button>
          {children}
        </div>
      </div>
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

function BubbleMenu({ view, id, onReply, onEdits }: BubbleProps & { id: number }) {
  const t = useT().message
  const quote = { id, direction: view.out ? "out" : "in", preview: view.text || t.photo } as const
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
        {view.edited && <MenuItem onSelect={() => onEdits(id)}><History />{t.editHistory}</MenuItem>}
      </MenuContent>
    </Menu>
  )
}
