import { askedEarly } from "@/shared/api/http"
import { currentPath } from "@/shared/lib/router"
import { screenOf } from "./routes"

const patienceMs = 1000

let answers: Promise<unknown> | undefined

/**
 * Resolves when the data of the first page has arrived, or is late. theme.js has requested it together with the scripts. A page that
 * is drawn with its data is laid out once, and in slices between which the browser can handle input; data that arrives
 * afterwards is drawn in one piece.
 */
export function firstAnswers(me: number): Promise<unknown> {
  return (answers ??= Promise.race([Promise.all(asked(me)), new Promise((resolve) => setTimeout(resolve, patienceMs))]))
}

function asked(me: number): Promise<unknown>[] {
  return askedEarly() ? (screenOf(currentPath())?.ahead?.(me) ?? []) : []
}
