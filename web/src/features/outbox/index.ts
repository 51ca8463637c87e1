export { concernsDeadLetters, deadLettersKey, useDeadLetterCount } from "./get-dead-letters"
