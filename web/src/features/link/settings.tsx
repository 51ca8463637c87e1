import { AccountsPage } from "./accounts-page"

/** The components of the pages in feature.ts; loaded when the settings are opened. */
export const pages = { telegram: <AccountsPage /> }
