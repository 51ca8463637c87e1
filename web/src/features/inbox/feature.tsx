import { Inbox } from "lucide-react"
import { conversationQuery, listQuery } from "@/features/conversation"
import { fetchThreadAhead } from "@/features/message"
import { feature, type Screen } from "@/shared/lib/feature"
import { queryClient } from "@/shared/lib/query"
import { currentSearch } from "@/shared/lib/router"
import { useStore } from "@/shared/lib/store"
import { inboxActions } from "./actions"
import { inboxAt, type InboxAddress } from "./address"
import { Chat } from "./chat-part"
import { InboxCount } from "./count"
import { InboxPage } from "./inbox-page"
import { inboxPlace, listPath, placeOf } from "./place"

function fetchAhead({ conversation }: InboxAddress, path: string, me: number): Promise<unknown>[] {
  if (conversation !== null) return [Chat.ahead(), queryClient.prefetchQuery(conversationQuery(conversation, me)), fetchThreadAhead(conversation)]
  const place = placeOf(path, currentSearch())
  return place ? [queryClient.prefetchQuery(listQuery(place, me))] : []
}

function screenAt(path: string): Screen | null {
  const at = inboxAt(path)
  return at && { page: <InboxPage conversation={at.conversation} />, whole: at.conversation !== null, ahead: (me) => fetchAhead(at, path, me) }
}

/** The page that combines conversations, messages and customers. */
export const inbox = feature({
  name: "inbox",
  routes: [screenAt],
  places: [{
    id: "inbox",
    icon: Inbox,
    name: (t) => t.inbox.title,
    useHref: () => listPath(useStore(inboxPlace)),
    here: (path) => inboxAt(path) !== null,
    Count: InboxCount,
  }],
  actions: { panel: inboxActions },
})
