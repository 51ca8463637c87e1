import { Waypoints } from "lucide-react"
import { feature } from "@/shared/lib/feature"

export const source = feature({
  name: "source",
  settings: [{
    section: "sources", icon: Waypoints, permission: "setting.manage", name: (t) => t.sources.title, holds: ({ sources: t }) => [t.add, t.import, ...t.alsoFoundBy],
  }],
})
