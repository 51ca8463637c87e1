import { CircleCheck, Gift, Lock, ReceiptText, Undo2 } from "lucide-react"
import { useLocale, useT } from "@/shared/i18n"
import { formatMoney } from "@/shared/i18n/units"
import { StickerFile } from "./sticker"
import { Card, Fact, Foot, Tile, type PieceProps } from "./tile"

const priceStyle = "mt-0.5 text-[17px] leading-6 font-semibold tabular-nums"

export function InvoiceCard({ state: { invoice } }: PieceProps) {
  const t = useT().message.kinds
  const locale = useLocale()
  if (!invoice) return null
  return (
    <Card kind="invoice" tile={<Tile icon={ReceiptText} tone="soft" />} title={invoice.title}>
      <Fact>{t.invoice}</Fact>
      {invoice.description && <p dir="auto" className="mt-1 line-clamp-4 text-left text-[13px] wrap-anywhere">{invoice.description}</p>}
      <p className={priceStyle}>{formatMoney(locale, invoice.amount, invoice.currency)}<Foot /></p>
    </Card>
  )
}

export function PaymentCard({ state: { payment } }: PieceProps) {
  const t = useT().message.kinds
  const locale = useLocale()
  if (!payment) return null
  const { refunded, payload, amount, currency } = payment
  return (
    <Card kind="payment" tile={<Tile icon={refunded ? Undo2 : CircleCheck} tone={refunded ? "amber" : "green"} />} title={refunded ? t.refunded : t.paid}>
      <p className={priceStyle}>{formatMoney(locale, amount, currency)}{!payload && <Foot />}</p>
      {payload && <Fact>{t.payload}: <bdi className="font-mono text-xs">{payload}</bdi><Foot /></Fact>}
    </Card>
  )
}

export function PaidMediaCard({ state: { paid_media } }: PieceProps) {
  const t = useT().message.kinds
  if (!paid_media) return null
  const { stars, hidden } = paid_media
  return (
    <Card kind="paid_media" tile={<Tile icon={Lock} tone="amber" />} title={t.paidMedia}>
      {stars > 0 && <Fact>{t.price(t.stars(stars))}{hidden === 0 && <Foot />}</Fact>}
      {hidden > 0 && <Fact>{t.hidden(hidden)}<Foot /></Fact>}
    </Card>
  )
}

export function GiftCard({ piece: { files }, state: { gift } }: PieceProps) {
  const t = useT().message.kinds
  const [file] = files
  if (!gift) return null
  const title = [gift.name ?? t.gift, gift.number ? t.number(gift.number) : null].filter(Boolean).join(" ")
  return (
    <div data-testid="piece" data-kind="gift" className="flex min-w-48 flex-col items-center px-4 pt-3 pb-1 text-center">
      {file ? <StickerFile file={file} emoji="🎁" label={title} className="size-32" /> : <Tile icon={Gift} tone="amber" />}
      <p dir="auto" className="mt-2 font-semibold wrap-anywhere">{title}</p>
      <Fact>{[gift.name ? t.gift : null, gift.stars ? t.stars(gift.stars) : null].filter(Boolean).join(" · ")}</Fact>
    </div>
  )
}
