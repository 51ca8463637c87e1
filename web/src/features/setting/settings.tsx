import { GreetingSettings } from "./greeting-page"
import { Preferences } from "./preferences-page"
import { Profile } from "./profile-page"

/** The components of the pages in feature.ts; loaded when the settings are opened. */
export const pages = { greeting: <GreetingSettings />, preferences: <Preferences />, profile: <Profile /> }
