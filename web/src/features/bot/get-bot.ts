import { useQuery } from "@tanstack/react-query"
import type { Bot } from "@/contract"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { eventLog } from "@/shared/realtime/log"
import { reduceBot, type BotStateOfDesk } from "./reduce"

export const botKey = ["bot"] as const

/** A response may be older than events that arrived during its request, so these are applied to it. */
async function stateFrom(request: () => Promise<Bot>): Promise<BotStateOfDesk> {
  const seq = eventLog.stamp()
  const bot = await request()
  return eventLog.since(seq).reduce(reduceBot, { bot, seq })
}

const fetchBot = (signal: AbortSignal) => stateFrom(() => get<Bot>("/api/bot", signal))

export function useBot(): Bot | undefined {
  return useQuery({ queryKey: botKey, queryFn: ({ signal }) => fetchBot(signal) }).data?.bot
}

/** Sends a request that changes the bot and shows the response at once. */
export async function changeBot(request: () => Promise<Bot>): Promise<Bot> {
  const state = await stateFrom(request)
  queryClient.setQueryData<BotStateOfDesk>(botKey, state)
  return state.bot
}
