import { MessagesSquare } from "lucide-react"
import { useEffect, useLayoutEffect, useMemo } from "react"
import { BotSetupCard, FirstSteps, useBot } from "@/features/bot"
import { openedQuietly, setOpener } from "@/features/conversation"
import { focusComposer } from "@/features/message"
import { useT } from "@/shared/i18n"
import { usePhone } from "@/shared/lib/hooks"
import { currentPath, navigate, usePath, useSearch } from "@/shared/lib/router"
import { useStore } from "@/shared/lib/store"
import { view } from "@/shared/realtime/client"
import { EmptyState } from "@/shared/ui/misc"
import { MissingPart } from "@/shared/ui/missing-part"
import { PartFrame } from "@/shared/ui/part"
import { inboxAt } from "./address"
import { Chat, ChatSkeleton } from "./chat-part"
import { InboxList } from "./inbox-list"
import { chatPath, inboxPlace, listPath, placeOf } from "./place"

setOpener((id) => {
  if (inboxAt(currentPath())?.conversation === id && openedQuietly.get() !== id) focusComposer()
  else navigate(chatPath(id, inboxPlace.get()))
})

/** The list, the conversation and its customer: side by side if there is room, one at a time on a phone. */
export function InboxPage({ conversation }: { conversation: number | null }) {
  const phone = usePhone()
  const path = usePath()
  const search = useSearch()
  const kept = useStore(inboxPlace)
  const named = useMemo(() => placeOf(path, search), [path, search])
  const place = named ?? kept
  useLayoutEffect(() => {
    if (named) inboxPlace.set(named)
    // An address without a list is completed, so that a reload restores the list.
    else navigate(conversation === null ? listPath(place) : chatPath(conversation, place), { replace: true })
  }, [named, conversation, place])
  useEffect(() => {
    view(conversation)
    return () => view(null)
  }, [conversation])
  return (
    <>
      {(!phone || conversation === null) && <InboxList place={place} openId={conversation} />}
      {conversation !== null ? (
        <PartFrame key={conversation} waiting={<ChatSkeleton />} missing={(again) => <MissingPart again={again} />}><Chat id={conversation} backTo={listPath(place)} /></PartFrame>
      ) : !phone && <Nothing />}
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

