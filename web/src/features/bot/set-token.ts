import { useMutation } from "@tanstack/react-query"
import type { Bot } from "@/contract"
import { put } from "@/shared/api/http"
import { changeBot } from "./get-bot"

export function useSetToken() {
  return useMutation({ mutationFn: (token: string) => changeBot(() => put<Bot>("/api/bot/token", { token })) })
}
