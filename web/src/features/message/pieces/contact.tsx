import { Copy, Phone, UserRoundCheck } from "lucide-react"
import { useT } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { Avatar } from "@/shared/ui/avatar"
import { actionStyle, Card, Fact, Foot, type PieceProps } from "./tile"

export function ContactCard({ piece: { id }, state: { contact } }: PieceProps) {
  const t = useT().message.kinds
  if (!contact) return null
  const { phone_number: phone, first_name, last_name, own } = contact
  const name = [first_name, last_name].filter(Boolean).join(" ")
  return (
    <Card kind="contact" tile={<Avatar name={name || phone} id={id} />} title={name || phone}>
      {phone && (
        <div className="flex flex-wrap items-center gap-x-3">
          <a href={`tel:${phone.replace(/[^+\d]/g, "")}`} className={actionStyle}><Phone className="size-3.5" aria-hidden="true" /><bdi className="tabular-nums">{phone}</bdi></a>
          <button type="button" aria-label={t.copyPhone} title={t.copyPhone} onClick={() => void copyText(phone)} className={actionStyle}><Copy className="size-3.5" aria-hidden="true" /></button>
        </div>
      )}
      <Fact>{own && <UserRoundCheck className="mr-1.5 inline size-3.5 text-success" aria-hidden="true" />}{own ? t.ownContact : t.otherContact}<Foot /></Fact>
    </Card>
  )
}
