import { AuditPage } from "./audit-page"

/** The pages that feature.ts names, drawn; they come when the settings are opened. */
export const pages = { audit: <AuditPage /> }
