export { useBot, useBotOf, useBots, botName } from "./get-bot"
export { FirstSteps } from "./first-steps"
export { BotSetupCard } from "./setup-card"
export { BotLamp, useBotTrouble } from "./state"
