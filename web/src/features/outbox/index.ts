export { deadLettersKey } from "./get-dead-letters"
