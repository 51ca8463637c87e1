import type { NewPoll } from "../answer"

export type PollFault = "needQuestion" | "needOptions" | "twins" | "needRight"

/** Why a poll cannot be sent; null if it can. */
export function pollFault({ question, options, quiz, correct_option = -1 }: NewPoll): PollFault | null {
  if (question === "") return "needQuestion"
  if (options.length < 2) return "needOptions"
  if (new Set(options).size < options.length) return "twins"
  return quiz && correct_option < 0 ? "needRight" : null
}
