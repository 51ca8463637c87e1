import type { SettingsPage } from "@/shared/lib/feature"
import { features } from "./features"

const all = features.flatMap(({ settings }) => settings ?? [])

/** The pages of the settings, from which the menu and the palette are made. Pages for all come before personal ones. */
export const sections: readonly SettingsPage[] = [...all.filter(({ own }) => !own), ...all.filter(({ own }) => own)]
