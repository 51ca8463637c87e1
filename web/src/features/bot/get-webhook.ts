import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query"
import type { Bot, BotWebhook, UpdatesMode } from "@/contract"
import { get, post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { changeBot } from "./get-bot"

const keyOf = (id: number) => ["bot-webhook", id] as const
const LOOK_MS = 5_000

/** What Telegram says of a bot's webhook; asked again while it is shown, and at once when the bot's mode changes. */
export function useWebhook(id: number, mode: UpdatesMode) {
  return useQuery({ queryKey: [...keyOf(id), mode], placeholderData: keepPreviousData, queryFn: ({ signal }) => get<BotWebhook>(`/api/bots/${id}/webhook`, signal), refetchInterval: LOOK_MS, retry: false })
}

/** The server sets the webhook again, or polls. */
export function useRepair(id: number) {
  return useMutation({
    mutationFn: () => changeBot(() => post<Bot>(`/api/bots/${id}/repair`)),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keyOf(id) }),
  })
}
