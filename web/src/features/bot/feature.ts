import { Bot } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { botKey } from "./get-bot"
import { reduceBot } from "./reduce"

export const bot = feature({
  name: "bot",
  keeps: [{ key: botKey, reduce: reduceBot }],
  unplaced: [botKey],
  settings: [{
    section: "bot", icon: Bot, name: (t) => t.bot.section, holds: (t) => [t.bot.title, t.bot.token, t.bot.replace, t.bot.remove, t.group.title],
  }],
})
