import type { Bot, DurableEvent } from "@/contract"
import { assertNever } from "@/shared/realtime/never"

export interface BotStateOfDesk {
  bot: Bot
  seq: number
}

export function reduceBot(state: BotStateOfDesk, event: DurableEvent): BotStateOfDesk {
  if (event.seq <= state.seq) return state
  switch (event.type) {
    case "bot_status_change":
      return { bot: event.data.bot, seq: event.seq }
    case "new_message":
    case "message_update":
    case "chat_status_change":
    case "chat_update":
    case "conversation_read":
    case "operator_status_change":
      return state
    default:
      assertNever(event)
      return state
  }
}
