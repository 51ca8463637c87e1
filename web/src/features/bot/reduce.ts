import type { Bot } from "@/contract"
import { reducer, type Reducers } from "@/shared/realtime/events"

export interface BotStateOfDesk {
  bot: Bot
  seq: number
}

export const reduceBot = reducer({
  bot_status_change: (_, { seq, data }) => ({ bot: data.bot, seq }),
} satisfies Reducers<BotStateOfDesk>)
