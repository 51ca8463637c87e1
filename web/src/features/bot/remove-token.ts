import type { Bot } from "@/contract"
import { request } from "@/shared/api/http"
import { changeBot } from "./get-bot"

export async function removeToken(): Promise<void> {
  await changeBot(() => request<Bot>("DELETE", "/api/bot/token"))
}
