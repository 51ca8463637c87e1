import type { AssigneeFilter, StatusFilter } from "@/features/conversation"
import { createStore } from "@/shared/lib/store"

/** What the frame of the panel remembers while one moves about in it. */
export const palette = createStore<"closed" | "commands" | "help">("closed")
export const inboxStatus = createStore<StatusFilter>("waiting")
export const inboxAssignee = createStore<AssigneeFilter>("any")
/** The order of the rows on the screen, for "next" and "previous". */
export const visibleIds = createStore<readonly number[]>([])
