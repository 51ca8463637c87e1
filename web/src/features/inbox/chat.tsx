import { SearchX } from "lucide-react"
import { useCallback, useRef, useState, type DragEvent } from "react"
import type { ReplyQuote } from "@/contract"
import { useMe } from "@/features/access"
import { useBotOf } from "@/features/bot"
import { ConversationHeader, useConversation } from "@/features/conversation"
import { CustomerDetails } from "@/features/customer"
import { abilitiesOf, Composer, focusComposer, Thread, updateDraft, type ComposerHandle, type QuotedPiece } from "@/features/message"
import { ApiFailure } from "@/shared/api/http"
import { useT } from "@/shared/i18n"
import { useMedia, usePhone } from "@/shared/lib/hooks"
import { setPref, usePref } from "@/shared/lib/prefs"
import { navigate } from "@/shared/lib/router"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { EmptyState } from "@/shared/ui/misc"
import { explain, ToastSlot } from "@/shared/ui/toast"
import { ChatSkeleton, type ChatProps } from "./chat-part"

/** A conversation, and beside it the customer if there is room. */
export default function Chat({ id, backTo }: ChatProps) {
  const t = useT()
  const { conversation, error, refetch } = useConversation(id)
  const phone = usePhone()
  const wide = useMedia("(min-width: 1180px)")
  const wanted = usePref("details")
  const [sheet, setSheet] = useState(false)
  const composer = useRef<ComposerHandle>(null)
  const { name } = useMe().operator
  const { dragging, handlers } = useDrop((files) => composer.current?.addFiles(files))
  const startReply = useCallback((reply: ReplyQuote, quote: QuotedPiece | null = null) => {
    updateDraft(id, () => ({ reply, quote }))
    focusComposer()
  }, [id])
  const viaOf = useBotOf()
  const toggleDetails = () => (wide ? setPref("details", !wanted) : setSheet(true))

  if (error && !conversation) {
    const missing = error instanceof ApiFailure && error.code === "not_found"
    return (
      <main className="min-w-0 flex-1 bg-chat">
        <EmptyState page icon={SearchX} tone={missing ? "neutral" : "danger"} title={missing ? t.conversation.notFound : t.conversation.loadFailed} body={missing ? t.conversation.notFoundBody : explain(error)}>
          {missing ? <Button onClick={() => navigate(backTo)}>{t.app.toInbox}</Button> : <Button onClick={() => void refetch()}>{t.common.retry}</Button>}
        </EmptyState>
      </main>
    )
  }
  if (!conversation) return <ChatSkeleton />
  return (
    <>
      <main className="relative flex min-w-0 flex-1 flex-col bg-chat" aria-label={`${t.conversation.header}: ${conversation.customer.name}`} data-operator={name} {...handlers}>
        <ConversationHeader conversation={conversation} backTo={backTo} via={viaOf(conversation.customer)} detailsShown={wide && wanted} onDetails={toggleDetails} />
        <Thread conversation={conversation} onReply={startReply} />
        {phone && <ToastSlot className="shrink-0 bg-chat" />}
        <Composer ref={composer} conversation={conversation} />
        {dragging && (
          <div className="pointer-events-none absolute inset-3 z-20 grid animate-in place-items-center rounded-2xl border-2 border-dashed border-primary bg-primary-soft/90 text-base font-medium text-link">{abilitiesOf(conversation.customer.channel).carries("document") ? t.composer.dropFiles : t.composer.drop}</div>
        )}
      </main>
      {wide && wanted && (
        <aside aria-label={t.customer.title} className="w-72 shrink-0 border-l bg-surface"><CustomerDetails conversation={conversation} onClose={() => setPref("details", false)} /></aside>
      )}
      <Dialog open={sheet && !(wide && wanted)} onClose={() => setSheet(false)} title={t.customer.title} bare className="h-[min(36rem,90dvh)] w-[min(24rem,calc(100vw-1.5rem))]">
        <CustomerDetails conversation={conversation} onClose={() => setSheet(false)} />
      </Dialog>
    </>
  )
}

/** Accepts files that are dragged over any part of the conversation. */
function useDrop(onFiles: (files: File[]) => void) {
  const [depth, setDepth] = useState(0)
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files")
  const handlers = {
    onDragEnter: (event: DragEvent) => carriesFiles(event) && setDepth((n) => n + 1),
    onDragLeave: (event: DragEvent) => carriesFiles(event) && setDepth((n) => Math.max(0, n - 1)),
    onDragOver: (event: DragEvent) => carriesFiles(event) && event.preventDefault(),
    onDrop: (event: DragEvent) => {
      setDepth(0)
      if (event.defaultPrevented || event.dataTransfer.files.length === 0) return
      event.preventDefault()
      onFiles([...event.dataTransfer.files])
    },
  }
  return { dragging: depth > 0, handlers }
}
