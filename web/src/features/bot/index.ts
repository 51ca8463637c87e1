export { useBot } from "./get-bot"
export { FirstSteps } from "./first-steps"
export { BotSetupCard } from "./setup-card"
export { BotLamp, useBotTrouble } from "./state"
