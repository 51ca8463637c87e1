import type { KeyboardEvent } from "react"

/** Where the focus goes in a grid of `count` items in rows of `columns`; null: the key moves nothing. */
export function nextInGrid(key: string, at: number, count: number, columns: number): number | null {
  const steps: Readonly<Record<string, number>> = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: count - 1 }
  const to = steps[key]
  return to !== undefined && at >= 0 && to >= 0 && to < count ? to : null
}

/** Arrow keys, Home and End move the focus among the buttons of a grid, as they stand on the screen. */
export function moveInGrid(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll("button")]
  const top = items[0]?.getBoundingClientRect().top
  const columns = items.filter((item) => item.getBoundingClientRect().top === top).length
  const to = nextInGrid(event.key, items.indexOf(document.activeElement as HTMLButtonElement), items.length, columns)
  if (to === null) return
  event.preventDefault()
  items[to]?.focus()
}
