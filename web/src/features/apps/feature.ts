import { Smartphone } from "lucide-react"
import { feature } from "@/shared/lib/feature"

export const apps = feature({
  name: "apps",
  settings: [{
    section: "apps", icon: Smartphone, permission: "setting.manage", name: (t) => t.apps.title,
    holds: (t) => [t.apps.widget.title, t.apps.widget.tag, t.apps.key, t.apps.newKey, t.apps.dailyEn, t.apps.zone],
  }],
})
