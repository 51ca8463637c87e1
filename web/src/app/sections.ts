import type { SettingsPage } from "@/shared/lib/feature"
import { features } from "./features"

const all = features.flatMap(({ settings }) => settings ?? [])

/** The settings, page by page: the menu and the palette are made from it. What concerns all comes before one's own. */
export const sections: readonly SettingsPage[] = [...all.filter(({ own }) => !own), ...all.filter(({ own }) => own)]
