import { conversationQuery, listQuery } from "@/features/conversation"
import { fetchThreadAhead } from "@/features/message"
import { askedEarly } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { currentPath } from "@/shared/lib/router"
import { Chat } from "./chat-part"
import { placeOf } from "./place"
import { routeOf } from "./routes"

const patienceMs = 1000

let answers: Promise<unknown> | undefined

/**
 * Ends when what the first page shows is there, or is late. theme.js has asked for it together with the scripts. A page
 * that is drawn with its answers is laid out once, and in slices that leave the browser time for a finger; answers that
 * come after it are drawn in one piece.
 */
export function firstAnswers(me: number): Promise<unknown> {
  return (answers ??= Promise.race([Promise.all(asked(me)), new Promise((resolve) => setTimeout(resolve, patienceMs))]))
}

function asked(me: number): Promise<void>[] {
  if (!askedEarly()) return []
  const route = routeOf(currentPath())
  if (route.page !== "inbox") return []
  if (route.conversation !== null) return [Chat.ahead(), queryClient.prefetchQuery(conversationQuery(route.conversation, me)), fetchThreadAhead(route.conversation)]
  const place = placeOf(currentPath(), location.search)
  return place ? [queryClient.prefetchQuery(listQuery(place, me))] : []
}
