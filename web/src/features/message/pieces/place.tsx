import { Copy, ExternalLink, MapPin, Radio } from "lucide-react"
import { useLocale, useT } from "@/shared/i18n"
import { formatUntil } from "@/shared/i18n/dates"
import { copyText } from "@/shared/lib/clipboard"
import { kindName } from "@/shared/lib/words"
import { liveEnd, mapUrl, pointText } from "./point"
import { actionStyle, Card, Fact, Foot, Tile, type PieceProps } from "./tile"

/** A location or a venue. No map is loaded, since that would send the customer's location to another server. */
export function PlaceCard({ piece: { at }, state: { kind, location } }: PieceProps) {
  const t = useT().message.kinds
  const locale = useLocale()
  if (!location) return null
  const { accuracy_m, heading, live_ms, title, address } = location
  const point = pointText(location)
  const end = live_ms ? liveEnd(at, live_ms) : null
  const facts = [point, accuracy_m ? t.accuracy(Math.round(accuracy_m)) : null, heading ? t.heading(heading) : null].filter(Boolean).join(", ")
  const live = end && (end.forever ? t.liveForever : end.over ? t.liveEnded(formatUntil(locale, end.iso)) : t.liveUntil(formatUntil(locale, end.iso)))
  return (
    <Card kind={kind} tile={<Tile icon={end ? Radio : MapPin} tone={end && !end.over ? "green" : "soft"} />} title={title ?? kindName(kind)}>
      {address && <p dir="auto" className="text-left text-[13px] wrap-anywhere">{address}</p>}
      {live && <Fact className={end.over ? "" : "text-success"}>{live}</Fact>}
      <Fact>{facts}</Fact>
      <div className="flex flex-wrap items-center gap-x-4">
        <a href={mapUrl(location)} target="_blank" rel="noopener noreferrer" className={actionStyle}><ExternalLink className="size-3.5" aria-hidden="true" />{t.openMap}</a>
        <button type="button" aria-label={t.copyPlace} title={t.copyPlace} onClick={() => void copyText(point)} className={actionStyle}><Copy className="size-3.5" aria-hidden="true" /></button>
        <Foot />
      </div>
    </Card>
  )
}
