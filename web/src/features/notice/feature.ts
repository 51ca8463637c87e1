import { feature } from "@/shared/lib/feature"
import { notify } from "./notify"

/** What is noticed, and how: the sound, the cards, the system's notifications, the tab's title. */
export const notice = feature({ name: "notice", after: notify })
