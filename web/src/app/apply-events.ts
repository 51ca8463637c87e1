import type { DurableEvent, EphemeralEvent } from "@/contract"
import { meKey, setMyOperator } from "@/features/access"
import { botKey, reduceBot, type BotStateOfDesk } from "@/features/bot"
import {
  clearPresence, conversationKey, countsKey, fetchConversation, fillRead, listKey, notePresence, noteTyping, reduceConversation, reduceList,
  type ConversationState, type ListState,
} from "@/features/conversation"
import { editsKey, reduceThread, threadsKey, type ThreadState } from "@/features/message"
import { operatorsKey, reduceOperators, type OperatorsState } from "@/features/operator"
import { concernsDeadLetters, deadLettersKey } from "@/features/outbox"
import { queryClient, renewQueries } from "@/shared/lib/query"
import { assertNever } from "@/shared/realtime/never"
import { notify } from "./notify"

/**
 * Applies a batch of events to every cached query by that query's pure reducer. `known` is the seq up to which events had
 * been applied before; the batch may begin below it, for a query whose answer arrived late, and those do not notify again.
 */
export function applyEvents(batch: readonly DurableEvent[], me: number, known: number): void {
  reduceAll<ListState>([listKey], batch, reduceList)
  reduceAll<ConversationState>(["conversation"], batch, reduceConversation)
  reduceAll<ThreadState>([threadsKey], batch, reduceThread)
  reduceAll<OperatorsState>(operatorsKey, batch, reduceOperators)
  reduceAll<BotStateOfDesk>(botKey, batch, reduceBot)
  for (const event of batch) aside(event, me)
  askUnknownReads(me)
  notify(batch.filter(({ seq }) => seq > known), me)
}

function reduceAll<S>(key: readonly unknown[], batch: readonly DurableEvent[], reduce: (state: S, event: DurableEvent) => S): void {
  queryClient.setQueriesData<S>({ queryKey: key }, (old) => (old === undefined ? old : batch.reduce(reduce, old)))
}

/** Refetches what an event cannot update by a reducer: totals, earlier versions, dead letters, this operator. */
function aside(event: DurableEvent, me: number): void {
  switch (event.type) {
    case "new_message":
    case "chat_status_change":
    case "chat_update":
      countSoon()
      break
    case "message_update":
      if (event.data.message.edited_at) void queryClient.invalidateQueries({ queryKey: [editsKey, event.data.message.id] })
      if (concernsDeadLetters(event.data.message)) lettersSoon()
      break
    case "operator_status_change":
      if (event.data.operator.id !== me) break
      if (!event.data.operator.active) void queryClient.resetQueries({ queryKey: meKey })
      else setMyOperator(event.data.operator)
      break
    case "conversation_read":
      if (event.data.operator_id === me) countSoon()
      break
    case "bot_status_change":
      break
    default:
      assertNever(event)
  }
}

const askEveryMs = 1500

/** Refetches a query at once, and after that at most once every `askEveryMs`, however many events ask for it. */
function soon(key: readonly unknown[]): () => void {
  let resting = false
  let again = false
  const ask = () => {
    if (resting) {
      again = true
      return
    }
    resting = true
    void queryClient.invalidateQueries({ queryKey: key })
    setTimeout(() => {
      resting = false
      if (again) ask()
      again = false
    }, askEveryMs)
  }
  return ask
}

const countSoon = soon(countsKey)
const lettersSoon = soon(deadLettersKey)

const asking = new Set<number>()
const askAtOnce = 6

/**
 * Events carry no read count of this operator, so a conversation that was never loaded here has none. Fetch those in the
 * visible part of the lists, `askAtOnce` at a time, so that many returning customers do not cause as many requests.
 */
function askUnknownReads(me: number): void {
  for (const [, list] of queryClient.getQueriesData<ListState>({ queryKey: [listKey] })) {
    for (const { conversation } of list?.rows.slice(0, 40) ?? []) {
      if (conversation.read_count !== undefined || asking.has(conversation.id) || asking.size >= askAtOnce) continue
      asking.add(conversation.id)
      void fetchConversation(conversation.id, me)
        .then((state) => {
          queryClient.setQueryData(conversationKey(conversation.id), state)
          queryClient.setQueriesData<ListState>({ queryKey: [listKey] }, (old) => old && fillRead(old, state.conversation))
        })
        .catch(() => {})
        .finally(() => setTimeout(() => asking.delete(conversation.id), 1000))
    }
  }
}

export function applyEphemeral(frame: EphemeralEvent): void {
  switch (frame.type) {
    case "typing":
      noteTyping(frame)
      break
    case "presence":
      notePresence(frame)
      break
    case "error":
      if (frame.data.code === "unauthorized") void queryClient.resetQueries({ queryKey: meKey })
      break
    case "connection_established":
    case "resumed":
    case "refetch":
    case "pong":
      break
    default:
      assertNever(frame)
  }
}

/**
 * Refetches answers that carry no seq: events between the fetch and the first connection cannot be told from older ones.
 * This operator's own status, for one, changes by connecting.
 */
export function refetchUnplaced(): void {
  const unplaced = [meKey[0], countsKey[0], botKey[0], operatorsKey[0], "conversation"]
  void queryClient.invalidateQueries({
    predicate: ({ queryKey, state }) => unplaced.includes(String(queryKey[0])) && !(state.data as { seq?: number } | undefined)?.seq,
  })
}

export function refetchEverything(): void {
  clearPresence()
  renewQueries()
}
