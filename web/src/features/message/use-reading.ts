import { useCallback, useEffect, useRef, type RefObject } from "react"
import type { Conversation } from "@/contract"
import { markRead, unreadOf } from "@/features/conversation"
import { useAttention, useLatest } from "@/shared/lib/hooks"
import { seenUpTo } from "./seen"

/** A glance is no reading, and a scroll is one request. */
const dwellMs = 250

/**
 * Read is what was on the screen while the person was looking, up to the newest such message; nothing else. The lines
 * carry the ids in `data-inbound`.
 */
export function useReading(conversation: Conversation, scroller: RefObject<HTMLElement | null>, settled: () => boolean): () => void {
  const attentive = useAttention()
  const latest = useLatest({ conversation, attentive, settled })
  const seen = useRef(0)
  const told = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  const tell = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = undefined
    const { id } = latest.current.conversation
    if (seen.current <= told.current) return
    const upTo = seen.current
    told.current = upTo
    // A mark that the server did not accept is sent again at the next look.
    markRead(id, upTo).catch(() => (told.current = 0))
  }, [latest])

  const look = useCallback(() => {
    const element = scroller.current
    const { conversation, attentive, settled } = latest.current
    if (!element || !attentive || !settled() || unreadOf(conversation) === 0) return
    const { top, bottom } = element.getBoundingClientRect()
    const lines = [...element.querySelectorAll<HTMLElement>("[data-inbound]")]
    const now = seenUpTo(lines.map((line) => ({ id: Number(line.dataset["inbound"]), ...heights(line) })), top, bottom)
    if (now === null || now <= seen.current) return
    seen.current = now
    timer.current ??= setTimeout(tell, dwellMs)
  }, [latest, scroller, tell])

  useEffect(() => {
    if (attentive) look()
  }, [attentive, look, conversation.inbound_count, conversation.read_count])
  useEffect(() => tell, [tell])
  return look
}

function heights(line: HTMLElement): { top: number; bottom: number } {
  const { top, bottom } = line.getBoundingClientRect()
  return { top, bottom }
}
