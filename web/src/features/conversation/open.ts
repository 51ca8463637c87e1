import { createStore } from "@/shared/lib/store"
import { neighbourOf } from "./order"

/** Opening conversations from wherever one is: the list's order as it is seen, and where the keyboard goes afterwards. */

/** Ids in the order on the screen. They outlive the list, which a phone does not draw beside a conversation. */
export const seenOrder = createStore<readonly number[]>([])

/** The row that is to have the focus as soon as it is drawn. */
export const rowWanted = createStore<number | null>(null)

/** The list that is about to be shown is to have the focus: on its open row, else on its first. */
export const listWanted = createStore(false)

/** The conversation that was opened from the list by a key: the focus stays in the list, and single keys go on working. */
export const openedQuietly = createStore<number | null>(null)

let addressOf: (id: number) => void = () => {}

/** The application knows the addresses. */
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
