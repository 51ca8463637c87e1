import { Send } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { queryClient } from "@/shared/lib/query"
import { accountsKey } from "./accounts"
import { noticesKey } from "./notices"

export const link = feature({
  name: "link",
  // Linking happens in another program; the operator's event tells of it.
  on: {
    operator_status_change: () => {
      void queryClient.invalidateQueries({ queryKey: accountsKey })
      void queryClient.invalidateQueries({ queryKey: noticesKey })
    },
  },
  settings: [{ section: "telegram", icon: Send, name: (t) => t.link.title, holds: ({ link: t }) => [t.make, t.unlink, t.noticesTitle, t.quiet, ...t.alsoFoundBy] }],
})
