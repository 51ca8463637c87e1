import { useQuery } from "@tanstack/react-query"
import type { Bot } from "@/contract"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { eventLog } from "@/shared/realtime/log"
import { reduceBot, type BotStateOfDesk } from "./reduce"

export const botKey = ["bot"] as const

async function fetchBot(signal: AbortSignal): Promise<BotStateOfDesk> {
  const seq = eventLog.stamp()
  const bot = await get<Bot>("/api/bot", signal)
  return eventLog.since(seq).reduce(reduceBot, { bot, seq })
}

export function useBot(): Bot | undefined {
  return useQuery({ queryKey: botKey, queryFn: ({ signal }) => fetchBot(signal) }).data?.bot
}

export function setBot(bot: Bot): void {
  queryClient.setQueryData<BotStateOfDesk>(botKey, { bot, seq: eventLog.stamp() })
}
