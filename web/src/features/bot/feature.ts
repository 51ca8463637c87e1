import { Bot } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { botsKey } from "./get-bot"
import { reduceBots } from "./reduce"

export const bot = feature({
  name: "bot",
  keeps: [{ key: botsKey, reduce: reduceBots }],
  unplaced: [botsKey],
  settings: [{
    section: "bot", icon: Bot, name: (t) => t.bot.section,
    holds: (t) => [t.bot.title, t.bot.add, t.bot.token, t.bot.replace, t.bot.pause, t.bot.remove, t.bot.proxy, t.bot.apiUrl, t.bot.greeting, t.group.title],
  }],
})
