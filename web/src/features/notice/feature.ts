import { feature } from "@/shared/lib/feature"
import { notify } from "./notify"

/** Reports new messages: the sound, the cards, the system's notifications, the title of the tab. */
export const notice = feature({ name: "notice", after: notify })
