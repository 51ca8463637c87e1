export { botKey, useBot } from "./get-bot"
export { reduceBot, type BotStateOfDesk } from "./reduce"
export { BotSetupCard } from "./setup-card"
export { BotLamp, useBotTrouble } from "./state"
