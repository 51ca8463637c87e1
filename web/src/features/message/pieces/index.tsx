import { memo, type ComponentType } from "react"
import type { MessageKind } from "@/contract"
import type { Piece } from "../view"
import { AudioPlayer, VoicePlayer } from "./audio"
import { ContactCard } from "./contact"
import { DocumentCard } from "./document"
import { ChecklistCard, PollCard } from "./lists"
import { GiftCard, InvoiceCard, PaidMediaCard, PaymentCard } from "./money"
import { PlaceCard } from "./place"
import { DiceCard, GameCard, StoryCard, WebAppCard } from "./simple"
import { StickerPiece } from "./sticker"
import type { PieceProps } from "./tile"
import { VideoNote } from "./video-note"

/** The component of each kind; view.ts checks that the message has what the component needs. */
const cards: Partial<Record<MessageKind, ComponentType<PieceProps>>> = {
  voice: VoicePlayer, audio: AudioPlayer, document: DocumentCard, sticker: StickerPiece, video_note: VideoNote, location: PlaceCard, venue: PlaceCard,
  contact: ContactCard, poll: PollCard, checklist: ChecklistCard, dice: DiceCard, story: StoryCard, game: GameCard, web_app_data: WebAppCard,
  invoice: InvoiceCard, payment: PaymentCard, paid_media: PaidMediaCard, gift: GiftCard,
}

export default memo(function PieceCard({ piece }: { piece: Piece }) {
  const Card = cards[piece.kind]
  return Card && piece.state ? <Card piece={piece} state={piece.state} /> : null
})
