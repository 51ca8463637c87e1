import { feature } from "@/shared/lib/feature"
import { botKey } from "./get-bot"
import { reduceBot } from "./reduce"

export const bot = feature({
  name: "bot",
  keeps: [{ key: botKey, reduce: reduceBot }],
  unplaced: [botKey],
})
