import { AuditPage } from "./audit-page"

/** The components of the pages in feature.ts; loaded when the settings are opened. */
export const pages = { audit: <AuditPage /> }
