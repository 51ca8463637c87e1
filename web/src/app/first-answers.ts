import { askedEarly } from "@/shared/api/http"
import { currentPath } from "@/shared/lib/router"
import { screenOf } from "./routes"

const patienceMs = 1000

let answers: Promise<unknown> | undefined

/**
 * Ends when what the first page shows is there, or is late. theme.js has asked for it together with the scripts. A page
 * that is drawn with its answers is laid out once, and in slices that leave the browser time for a finger; answers that
 * come after it are drawn in one piece.
 */
export function firstAnswers(me: number): Promise<unknown> {
  return (answers ??= Promise.race([Promise.all(asked(me)), new Promise((resolve) => setTimeout(resolve, patienceMs))]))
}

function asked(me: number): Promise<unknown>[] {
  return askedEarly() ? (screenOf(currentPath())?.ahead?.(me) ?? []) : []
}
