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
import { queryClient } from "@/shared/lib/query"
import { assertNever } from "@/shared/realtime/never"
import { notify } from "./notify"

/** Events meet the cache: every cached piece runs them through its own pure reducer. */
/** `known`: the position before this batch. What lies below is a replay for an answer that came late. */
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

/** What is not state but follows from an event: totals to count anew, lists to fetch again. */
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

/** The totals are asked for at once, and however many events follow, no more often than this. */
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
 * An event about a conversation never loaded here cannot say how much of it this operator has read. Its few are asked
 * for, a few at a time, so that a flood of returning customers is no flood of requests.
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
 * What was fetched before the first connection and names no position in the log may have changed in between: this
 * operator's own status does, by connecting.
 */
export function refetchUnplaced(): void {
  const unplaced = [meKey[0], countsKey[0], botKey[0], operatorsKey[0], "conversation"]
  void queryClient.invalidateQueries({
    predicate: ({ queryKey, state }) => unplaced.includes(String(queryKey[0])) && !(state.data as { seq?: number } | undefined)?.seq,
  })
}

export function refetchEverything(): void {
  clearPresence()
  void queryClient.invalidateQueries()
}
