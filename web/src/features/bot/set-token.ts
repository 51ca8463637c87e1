import { useMutation } from "@tanstack/react-query"
import type { Bot } from "@/contract"
import { put } from "@/shared/api/http"
import { setBot } from "./get-bot"

export function useSetToken() {
  return useMutation({ mutationFn: (token: string) => put<Bot>("/api/bot/token", { token }), onSuccess: setBot })
}
