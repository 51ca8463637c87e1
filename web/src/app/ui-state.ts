import { createStore } from "@/shared/lib/store"

/** What lies over the panel. */
export const palette = createStore<"closed" | "commands" | "help">("closed")

/** What has been typed into the palette: the field is there before the rest of it, and hands this on. */
export const paletteQuery = createStore("")
/** Enter was pressed before there was anything to choose from. */
export const paletteEnter = createStore(false)
palette.subscribe(() => {
  if (palette.get() !== "closed") return
  paletteQuery.set("")
  paletteEnter.set(false)
})
