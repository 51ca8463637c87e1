import { GreetingSettings } from "./greeting-page"
import { Preferences } from "./preferences-page"
import { Profile } from "./profile-page"

/** The pages that feature.ts names, drawn; they come when the settings are opened. */
export const pages = { greeting: <GreetingSettings />, preferences: <Preferences />, profile: <Profile /> }
