import { expect, it } from "vitest"
import type { Bot, BotState } from "@/contract"
import { queryClient } from "@/shared/lib/query"
import { eventLog } from "@/shared/realtime/log"
import { botsKey, changeBot } from "./get-bot"
import { reduceBots, type BotsState } from "./reduce"

const bot = (state: BotState, more: Partial<Bot> = {}): Bot =>
  ({ state, mode: "polling", id: 7, username: "desk_bot", name: "Desk", error: null, checked_at: null, position: 1, paused: false, removed: false, successor_id: null, fallback: false, ...more })
const shown = () => queryClient.getQueryData<BotsState>(botsKey)?.bots.map(({ id, state }) => [id, state])

it("an answer does not undo the event that overtook it", async () => {
  eventLog.start(10)
  await changeBot(() => {
    eventLog.append([{ type: "bot_status_change", seq: 11, data: { bot: bot("ok") } }])
    return Promise.resolve(bot("connecting"))
  })
  expect(shown()).toEqual([[7, "ok"]])
})

it("an event from before the request does not undo the answer", async () => {
  eventLog.start(10)
  eventLog.append([{ type: "bot_status_change", seq: 11, data: { bot: bot("unauthorized") } }])
  await changeBot(() => Promise.resolve(bot("connecting")))
  expect(shown()).toEqual([[7, "connecting"]])
})

it("an event changes its own bot, in the order of the list, and keeps what only administrators see", () => {
  const settings = { api_url: null, proxy: null, greeting: "Hi", greeting_ru: null, first_contact: "none", check_text: null, check_text_ru: null, block_text: null, block_text_ru: null, updates: "auto", webhook_possible: false, from_environment: false } as const
  const before: BotsState = { bots: [bot("ok", { settings }), bot("ok", { id: 9, position: 3 })], seq: 1 }
  const after = [bot("conflict"), bot("connecting", { id: 8, position: 2 })].reduce(
    (state, changed, i) => reduceBots(state, { type: "bot_status_change", seq: 2 + i, data: { bot: changed } }), before)
  expect(after.bots.map(({ id, state }) => [id, state])).toEqual([[7, "conflict"], [8, "connecting"], [9, "ok"]])
  expect(after.bots[0]?.settings).toEqual(settings)
})
