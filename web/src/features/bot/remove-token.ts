import type { Bot } from "@/contract"
import { request } from "@/shared/api/http"
import { setBot } from "./get-bot"

export async function removeToken(): Promise<void> {
  setBot(await request<Bot>("DELETE", "/api/bot/token"))
}
