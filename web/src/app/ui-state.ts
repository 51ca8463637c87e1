import { createStore } from "@/shared/lib/store"

/** What lies over the panel. */
export const palette = createStore<"closed" | "commands" | "help">("closed")

/** What has been typed into the palette: the field is there before the rest of it, and hands this on. */
export const paletteQuery = createStore("")
palette.subscribe(() => {
  if (palette.get() === "closed") paletteQuery.set("")
})
