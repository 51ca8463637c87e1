import { MessagesSquare, SearchX } from "lucide-react"
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type DragEvent } from "react"
import type { ReplyQuote } from "@/contract"
import { useMe } from "@/features/access"
import { BotSetupCard, FirstSteps, useBot } from "@/features/bot"
import { ConversationHeader, openedQuietly, setOpener, useConversation } from "@/features/conversation"
import { CustomerDetails } from "@/features/customer"
import { Composer, focusComposer, Thread, updateDraft, type ComposerHandle } from "@/features/message"
import { ApiFailure } from "@/shared/api/http"
import { useT } from "@/shared/i18n"
import { useMedia, usePhone } from "@/shared/lib/hooks"
import { setPref, usePref } from "@/shared/lib/prefs"
import { currentPath, navigate, usePath, useSearch } from "@/shared/lib/router"
import { useStore } from "@/shared/lib/store"
import { send } from "@/shared/realtime/client"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { explain, ToastSlot } from "@/shared/ui/toast"
import { InboxList } from "./inbox-list"
import { routeOf } from "./routes"
import { chatPath, inboxPlace, listPath, placeOf } from "./place"

setOpener((id) => {
  const route = routeOf(currentPath())
  if (route.page === "inbox" && route.conversation === id && openedQuietly.get() !== id) focusComposer()
  else navigate(chatPath(id, inboxPlace.get()))
})

/** The list, the conversation and its customer: side by side where there is room, one at a time on a phone. */
export function InboxPage({ conversation }: { conversation: number | null }) {
  const phone = usePhone()
  const path = usePath()
  const search = useSearch()
  const kept = useStore(inboxPlace)
  const named = useMemo(() => placeOf(path, search), [path, search])
  const place = named ?? kept
  useLayoutEffect(() => {
    if (named) inboxPlace.set(named)
    // An address that names no list is completed, so that a reload comes back to the same one.
    else navigate(conversation === null ? listPath(place) : chatPath(conversation, place), { replace: true })
  }, [named, conversation, place])
  useEffect(() => {
    send({ type: "viewing", conversation_id: conversation })
    return () => send({ type: "viewing", conversation_id: null })
  }, [conversation])
  return (
    <>
      {(!phone || conversation === null) && <InboxList place={place} openId={conversation} />}
      {conversation !== null ? <Chat key={conversation} id={conversation} backTo={listPath(place)} /> : !phone && <Nothing />}
    </>
  )
}

function Nothing() {
  const t = useT().inbox
  const bot = useBot()
  return (
    <main className="flex min-w-0 flex-1 items-center justify-center bg-chat p-6">
      {bot?.state === "unset" ? <BotSetupCard /> : <FirstSteps fallback={<EmptyState icon={MessagesSquare} tone="primary" title={t.pick} body={t.pickBody} />} />}
    </main>
  )
}

function Chat({ id, backTo }: { id: number; backTo: string }) {
  const t = useT()
  const { conversation, error, refetch } = useConversation(id)
  const phone = usePhone()
  const wide = useMedia("(min-width: 1180px)")
  const wanted = usePref("details")
  const [sheet, setSheet] = useState(false)
  const composer = useRef<ComposerHandle>(null)
  const { name } = useMe().operator
  const { dragging, handlers } = useDrop((files) => composer.current?.addFiles(files))
  const startReply = useCallback((reply: ReplyQuote) => {
    updateDraft(id, () => ({ reply }))
    focusComposer()
  }, [id])
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
  if (!conversation) return <main className="flex-1 bg-chat"><div className="flex h-15 items-center gap-3 border-b bg-surface px-4"><Skeleton className="size-9 rounded-full" /><Skeleton className="h-3 w-40" /></div></main>
  return (
    <>
      <main className="relative flex min-w-0 flex-1 flex-col bg-chat" aria-label={`${t.conversation.header}: ${conversation.customer.name}`} data-operator={name} {...handlers}>
        <ConversationHeader conversation={conversation} backTo={backTo} detailsShown={wide && wanted} onDetails={toggleDetails} />
        <Thread conversation={conversation} onReply={startReply} />
        {phone && <ToastSlot className="shrink-0 bg-chat" />}
        <Composer ref={composer} conversation={conversation} />
        {dragging && (
          <div className="pointer-events-none absolute inset-3 z-20 grid animate-in place-items-center rounded-2xl border-2 border-dashed border-primary bg-primary-soft/90 text-base font-medium text-link">{t.composer.drop}</div>
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

/** Files dragged over any part of the conversation. */
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
