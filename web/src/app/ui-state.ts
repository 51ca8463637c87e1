import { createStore } from "@/shared/lib/store"

/** What lies over the panel. */
export const palette = createStore<"closed" | "commands" | "help">("closed")
