import { createStore } from "@/shared/lib/store"

/** The open dialog. */
export const palette = createStore<"closed" | "commands" | "help">("closed")

/** The text typed into the palette, whose field appears before its script is loaded. */
export const paletteQuery = createStore("")
/** Enter was pressed before there were entries. */
export const paletteEnter = createStore(false)
palette.subscribe(() => {
  if (palette.get() !== "closed") return
  paletteQuery.set("")
  paletteEnter.set(false)
})
