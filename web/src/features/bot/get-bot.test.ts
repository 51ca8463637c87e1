import { expect, it } from "vitest"
import type { Bot, BotState } from "@/contract"
import { queryClient } from "@/shared/lib/query"
import { eventLog } from "@/shared/realtime/log"
import { botKey, changeBot } from "./get-bot"
import type { BotStateOfDesk } from "./reduce"

const bot = (state: BotState): Bot => ({ state, mode: "polling", id: 7, username: "desk_bot", name: "Desk", error: null, checked_at: null })
const shown = () => queryClient.getQueryData<BotStateOfDesk>(botKey)?.bot.state

it("an answer does not undo the event that overtook it", async () => {
  eventLog.start(10)
  await changeBot(() => {
    eventLog.append([{ type: "bot_status_change", seq: 11, data: { bot: bot("ok") } }])
    return Promise.resolve(bot("connecting"))
  })
  expect(shown()).toBe("ok")
})

it("an event from before the request does not undo the answer", async () => {
  eventLog.start(10)
  eventLog.append([{ type: "bot_status_change", seq: 11, data: { bot: bot("unauthorized") } }])
  await changeBot(() => Promise.resolve(bot("connecting")))
  expect(shown()).toBe("connecting")
})
