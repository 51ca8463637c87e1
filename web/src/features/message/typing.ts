import type { Activity } from "@/contract"
import { post } from "@/shared/api/http"
import { send as sendFrame } from "@/shared/realtime/client"
import type { FileKind } from "./answer"

/** The channel shows what the operator does for five seconds, and the server passes on one in this time. */
const everyMs = 4500
let last: { conversation: number; activity: Activity; at: number } | null = null

/** Called as often as one likes; a lost one is no harm. */
export function tellActivity(conversation: number, activity: Activity): void {
  const now = Date.now()
  if (last && last.conversation === conversation && last.activity === activity && now - last.at < everyMs) return
  last = { conversation, activity, at: now }
  void post(`/api/conversations/${conversation}/typing`, { action: activity }).catch(() => {})
}

/** Colleagues see in their lists who is writing. */
const colleaguesEveryMs = 3000
let told = 0

export function tellColleagues(conversation: number): void {
  const now = Date.now()
  if (now - told <= colleaguesEveryMs) return
  told = now
  sendFrame({ type: "typing", conversation_id: conversation, typing: true })
}

/** An answer ends it for both; the next letter counts anew. */
export function endTyping(conversation: number): void {
  if (told > 0) sendFrame({ type: "typing", conversation_id: conversation, typing: false })
  told = 0
  last = null
}

export function uploadActivity(kind: FileKind | undefined): Activity {
  switch (kind) {
    case "photo": return "upload_photo"
    case "video":
    case "animation":
    case "video_note": return "upload_video"
    case "voice": return "upload_voice"
    default: return "upload_document"
  }
}
