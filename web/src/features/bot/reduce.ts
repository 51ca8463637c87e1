import type { Bot } from "@/contract"
import { reducer, type Reducers } from "@/shared/realtime/events"

export interface BotsState {
  /** In the order of their positions, with the removed ones, whose conversations remain. */
  bots: readonly Bot[]
  seq: number
}

/** An event has no settings, which only administrators see; they keep those that they have. */
export function withBot(bots: readonly Bot[], bot: Bot): readonly Bot[] {
  const known = bots.find(({ id }) => id === bot.id)
  const next: Bot = known?.settings && !bot.removed && !bot.settings ? { ...bot, settings: known.settings } : bot
  return [...bots.filter(({ id }) => id !== bot.id), next].sort((a, b) => a.position - b.position || (a.id ?? 0) - (b.id ?? 0))
}

export const reduceBots = reducer({
  bot_status_change: ({ bots }, { seq, data }) => ({ bots: withBot(bots, data.bot), seq }),
} satisfies Reducers<BotsState>)

