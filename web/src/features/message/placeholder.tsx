import { BadgeHelp, ChartBar, Clapperboard, FileText, Gift, IdCard, Image, MapPin, Mic, Music, Sticker, Users, Video, type LucideIcon } from "lucide-react"
import { Fragment } from "react"
import { useMe } from "@/features/access"
import { useLocale, useT } from "@/shared/i18n"
import { formatBytes, formatLength } from "@/shared/i18n/units"
import { contentName } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import type { Piece } from "./view"

/** Includes kinds that earlier versions of the server stored as unsupported. */
const icons: Record<string, LucideIcon> = {
  sticker: Sticker, voice: Mic, audio: Music, video: Video, video_note: Video, animation: Clapperboard, document: FileText, live_photo: Image, photo: Image,
  paid_media: Image, location: MapPin, venue: MapPin, poll: ChartBar, users_shared: Users, chat_shared: Users, giveaway: Gift, giveaway_winners: Gift,
  passport_data: IdCard,
}

/** Stands where a content would be drawn: what it is, as much as is known of it, and the way to its data. */
export function PlaceholderCard({ piece: { kind, content, media }, onRaw }: { piece: Pick<Piece, "kind" | "content" | "media">; onRaw?: () => void }) {
  const t = useT()
  const locale = useLocale()
  const admin = useMe().operator.role === "admin"
  const Icon = icons[content] ?? icons[kind] ?? BadgeHelp
  const name = contentName(content, t, kind)
  const known = content === "" || content in t.message.contents
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
          {admin && onRaw && <Button variant="link" size="text" className="text-[13px] max-md:min-h-10" onClick={onRaw}>{t.message.kinds.showRaw}</Button>}
        </p>
      </div>
    </div>
  )
}
