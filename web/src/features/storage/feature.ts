import { HardDrive } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { queryClient } from "@/shared/lib/query"
import { storageKey } from "./get-storage"

export const storage = feature({
  name: "storage",
  on: { setting_change: () => void queryClient.invalidateQueries({ queryKey: storageKey }) },
  settings: [{
    section: "storage", icon: HardDrive, permission: "setting.manage", name: (t) => t.storage.title, holds: ({ storage: t }) => [t.quota, t.kept, ...t.alsoFoundBy],
  }],
})
