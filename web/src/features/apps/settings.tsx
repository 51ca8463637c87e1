import { AppsSettings } from "./settings-page"

/** The components of the pages in feature.ts; loaded when the settings are opened. */
export const pages = { apps: <AppsSettings /> }
