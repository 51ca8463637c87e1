import { useQuery } from "@tanstack/react-query"
import type { LiveCards } from "@/contract"
import { get, put } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

const keyOf = (bot: number) => ["live-card", bot] as const
const addressOf = (bot: number) => `/api/bots/${bot}/card`

/** Whether the bot's customers have a message that shows the state of their conversation. */
export function useLiveCard(bot: number) {
  return useQuery({ queryKey: keyOf(bot), queryFn: ({ signal }) => get<LiveCards>(addressOf(bot), signal) })
}

export async function setLiveCard(bot: number, enabled: boolean): Promise<void> {
  queryClient.setQueryData(keyOf(bot), await put<LiveCards>(addressOf(bot), { enabled }))
}
