import { useQuery } from "@tanstack/react-query"
import type { Bot, Customer } from "@/contract"
import { get } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { eventLog } from "@/shared/realtime/log"
import { reduceBots, withBot, type BotsState } from "./reduce"

export const botsKey = ["bots"] as const
const address = "/api/bots?removed=true"

/** What is shown in place of the first bot of a desk without bots. */
const none: Bot = { state: "unset", mode: "polling", id: null, username: null, name: null, error: null, checked_at: null, position: 0, paused: false, removed: false, successor_id: null, fallback: false }

/** A response may be older than events that arrived during its request, so these are applied to it. */
async function stateFrom(request: () => Promise<readonly Bot[]>): Promise<BotsState> {
  const seq = eventLog.stamp()
  const bots = await request()
  return eventLog.since(seq).reduce(reduceBots, { bots, seq })
}

const fetchBots = (signal: AbortSignal) => stateFrom(async () => (await get<{ data: Bot[] }>(address, signal)).data)

function useAll(): readonly Bot[] | undefined {
  return useQuery({ queryKey: botsKey, queryFn: ({ signal }) => fetchBots(signal) }).data?.bots
}

/** The connected bots; undefined while they are not known. */
export function useBots(): readonly Bot[] | undefined {
  return useAll()?.filter(({ removed }) => !removed)
}

/** Bots that were removed from the desk, whose conversations remain. */
export function useRemovedBots(): readonly Bot[] {
  return useAll()?.filter(({ removed }) => removed) ?? []
}

/** The first bot, or one with the state unset. */
export function useBot(): Bot | undefined {
  const bots = useBots()
  return bots && (bots[0] ?? none)
}

export const botName = (bot: Bot): string => (bot.username === null ? (bot.name ?? String(bot.id)) : `@${bot.username}`)

/** Which bot a customer writes to. There is nothing to tell while the desk has never had a second one. */
export function useBotOf(): (customer: Pick<Customer, "account">) => string | null {
  const all = useAll() ?? []
  return ({ account }) => {
    if (all.length < 2) return null
    const bot = all.find(({ id }) => String(id) === account)
    return bot ? botName(bot) : null
  }
}

/** Sends a request that changes a bot and shows the response at once. */
export async function changeBot(request: () => Promise<Bot>): Promise<Bot> {
  const known = queryClient.getQueryData<BotsState>(botsKey)?.bots ?? []
  let changed = none
  const state = await stateFrom(async () => withBot(known, (changed = await request())))
  queryClient.setQueryData<BotsState>(botsKey, state)
  return changed
}
