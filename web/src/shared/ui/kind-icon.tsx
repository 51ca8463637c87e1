import {
  BookOpen, ChartBar, Clapperboard, Dices, FileText, Gamepad2, Gift, Image, ListChecks, Lock, MapPin, Mic, Music, Paperclip, PanelTop, Pointer, ReceiptText, Sticker, UserRound, Video, type LucideIcon,
} from "lucide-react"
import type { MessageKind } from "@/contract"
import { hasContent } from "../lib/words"

const icons: Partial<Record<MessageKind, LucideIcon>> = {
  photo: Image, live_photo: Image, video: Video, video_note: Video, animation: Clapperboard, audio: Music, voice: Mic, document: FileText,
  sticker: Sticker, location: MapPin, venue: MapPin, contact: UserRound, poll: ChartBar, dice: Dices, checklist: ListChecks, story: BookOpen,
  game: Gamepad2, invoice: ReceiptText, payment: ReceiptText, paid_media: Lock, gift: Gift, web_app_data: PanelTop, press: Pointer,
}

/** The icon of a message's kind for a preview; nothing for text. */
export function KindIcon({ kind }: { kind: MessageKind }) {
  const Icon = icons[kind] ?? (hasContent(kind) ? Paperclip : null)
  return Icon && <Icon data-kind={kind} className="size-3.5 shrink-0 text-subtle" aria-hidden="true" />
}
