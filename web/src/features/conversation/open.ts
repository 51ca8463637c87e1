import { createStore } from "@/shared/lib/store"
import { neighbourOf } from "./order"

/** Opens conversations from any code: the order of the list on the screen, and the focus afterwards. */

/** The ids in the order on the screen; kept when the list is not shown, as beside a conversation on a phone. */
export const seenOrder = createStore<readonly number[]>([])

/** The row that gets the focus when it is rendered. */
export const rowWanted = createStore<number | null>(null)

/** The next list gets the focus when it is rendered: on the row of the open conversation, otherwise on the first row. */
export const listWanted = createStore(false)

/** The conversation that was opened from the list with a key: the focus stays in the list, so that single keys still work. */
export const openedQuietly = createStore<number | null>(null)

let addressOf: (id: number) => void = () => {}

/** The inbox sets the function that opens an address. */
export function setOpener(open: (id: number) => void): void {
  addressOf = open
}

export type FocusAfter = "list" | "composer"

export function openConversationAt(id: number, focus: FocusAfter): void {
  openedQuietly.set(focus === "list" ? id : null)
  if (focus === "list") rowWanted.set(id)
  addressOf(id)
}

export function nextOf(id: number): number | null {
  const ids = seenOrder.get()
  return neighbourOf(ids, id, 1) ?? neighbourOf(ids, id, -1)
}
