import { CircleUserRound, Hand, SlidersHorizontal } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { queryClient } from "@/shared/lib/query"
import { preferenceActions } from "./actions"
import { settingsKey } from "./get-settings"

export const setting = feature({
  name: "setting",
  on: { setting_change: () => void queryClient.invalidateQueries({ queryKey: settingsKey }) },
  settings: [
    {
      section: "greeting", icon: Hand, permission: "setting.manage", name: (t) => t.settings.greetingTitle,
      holds: (t) => [t.settings.greetingTitle],
    },
    {
      section: "preferences", icon: SlidersHorizontal, own: true, name: (t) => t.settings.preferencesTitle,
      holds: ({ settings: t }) => [t.theme, t.language, t.sendKey, t.keys, t.noticesTitle, t.notices, t.sound, t.desktop],
    },
    {
      section: "profile", icon: CircleUserRound, own: true, name: (t) => t.settings.profileTitle,
      holds: (t) => [t.settings.name, t.password.change, t.settings.version],
    },
  ],
  actions: { panel: preferenceActions },
})
