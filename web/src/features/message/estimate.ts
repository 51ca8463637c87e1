import type { MessageKind } from "@/contract"
import type { ThreadItem } from "./items"

/** Estimated heights in pixels without the text, used until a bubble is measured. */
const heights: Partial<Record<MessageKind, number>> = {
  voice: 56, audio: 74, document: 56, sticker: 192, video_note: 224, location: 86, venue: 106, contact: 84, poll: 190, dice: 66, checklist: 170,
  story: 56, game: 70, invoice: 110, payment: 80, paid_media: 60, gift: 190, web_app_data: 150, unsupported: 60,
}
const grid: ReadonlySet<MessageKind> = new Set(["photo", "live_photo", "video", "animation"])

export function estimate(item: ThreadItem | undefined): number {
  if (item?.type === "message") {
    const pictures = item.messages.some(({ kind }) => grid.has(kind))
    const other = item.messages.reduce((sum, { kind }) => sum + (heights[kind] ?? 0), 0)
    const text = item.messages.reduce((sum, message) => sum + message.text.length, 0)
    return (pictures ? 250 : 0) + other + (other > 0 && text === 0 ? 14 : 36) + Math.floor(text / 70) * 20 + (item.first ? 10 : 2)
  }
  return item?.type === "day" ? 46 : item?.type === "outgoing" ? 46 : 34
}
