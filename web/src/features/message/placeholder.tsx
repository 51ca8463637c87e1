import { AudioLines, BadgeHelp, BookOpen, ChartBar, Clapperboard, Dices, FileText, Gamepad2, Gift, Image, ListChecks, MapPin, Mic, Music, ReceiptText, Sticker, UserRound, Video, type LucideIcon } from "lucide-react"
import { Fragment } from "react"
import { useLocale, useT } from "@/shared/i18n"
import { formatBytes, formatLength } from "@/shared/i18n/units"
import { contentName } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import type { Placeholder } from "./view"

const icons: Record<string, LucideIcon> = {
  sticker: Sticker, voice: Mic, audio: Music, video: Video, video_note: Video, animation: Clapperboard, document: FileText, live_photo: Image, photo: Image,
  paid_media: Image, location: MapPin, venue: MapPin, contact: UserRound, users_shared: UserRound, poll: ChartBar, checklist: ListChecks, dice: Dices, game: Gamepad2,
  gift: Gift, unique_gift: Gift, giveaway: Gift, giveaway_winners: Gift, invoice: ReceiptText, successful_payment: ReceiptText, refunded_payment: ReceiptText,
  story: BookOpen, rich_message: AudioLines,
}

/** Stands where a content would be drawn: what it is, as much as is known of it, and the way to its data. */
export function PlaceholderCard({ placeholder: { kind, content, media }, onRaw }: { placeholder: Placeholder; onRaw: () => void }) {
  const t = useT()
  const locale = useLocale()
  const Icon = icons[content] ?? BadgeHelp
  const name = contentName(content, t, kind)
  const known = content in t.message.contents
  const facts = [
    media?.name ? name : null,
    media && media.duration_ms > 0 ? formatLength(media.duration_ms) : null,
    media && media.size > 0 ? formatBytes(locale, media.size) : null,
    known ? null : content,
  ].filter((fact) => fact !== null && fact !== "")
  return (
    <div data-testid="placeholder" data-content={content} className="flex items-start gap-3 px-3 pt-2.5 pb-1">
      <span className="grid size-10 shrink-0 place-items-center rounded-xl bg-code text-muted-foreground"><Icon className="size-5" aria-hidden="true" /></span>
      <div className="min-w-0">
        <p dir="auto" className="font-medium wrap-anywhere">{media?.name ?? name}</p>
        {facts.length > 0 && <p className="text-[13px] text-muted-foreground tabular-nums wrap-anywhere">{facts.map((fact, i) => <Fragment key={fact}>{i > 0 && " · "}<bdi className="inline-block">{fact}</bdi></Fragment>)}</p>}
        <p className="flex flex-wrap items-center gap-x-1.5 text-[13px] text-muted-foreground">
          {t.message.unsupportedBody}
          <Button variant="link" size="text" className="text-[13px] max-md:min-h-10" onClick={onRaw}>{t.message.showRaw}</Button>
        </p>
      </div>
    </div>
  )
}
