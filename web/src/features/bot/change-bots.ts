import { useMutation } from "@tanstack/react-query"
import type { Bot, BotChange } from "@/contract"
import { del, patch, post, put } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { botsKey, changeBot } from "./get-bot"

/** Which bot a token is for: a bot without a name is the first one of a desk that has none. */
export type TokenOf = "first" | "another" | number

export function useSetToken(of: TokenOf) {
  return useMutation({
    mutationFn: (token: string) =>
      changeBot(() => (of === "first" ? put<Bot>("/api/bot/token", { token }) : of === "another" ? post<Bot>("/api/bots", { token }) : patch<Bot>(`/api/bots/${of}`, { token }))),
    // Only these responses contain what administrators set.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: botsKey }),
  })
}

export function useChangeBot(id: number) {
  return useMutation({ mutationFn: (change: Partial<BotChange>) => changeBot(() => patch<Bot>(`/api/bots/${id}`, change)) })
}

export function useRemoveBot(bot: Bot) {
  return useMutation({
    mutationFn: () =>
      changeBot(async () => {
        await del<void>(`/api/bots/${bot.id}`)
        return { ...bot, state: "unset", error: null, removed: true }
      }),
  })
}
