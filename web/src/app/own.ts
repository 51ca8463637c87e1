import { CircleHelp, Settings, Undo2 } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { navigate } from "@/shared/lib/router"
import { canUndo, undoLast } from "@/shared/ui/toast"
import { palette } from "./ui-state"

/** The actions of the panel itself, which belong to no feature. */
export const own = feature({
  name: "panel",
  places: [{ id: "settings", icon: Settings, name: (t) => t.settings.title, useHref: () => "/settings", here: (path) => path.startsWith("/settings") }],
  actions: {
    panel: [
      { id: "go.settings", icon: Settings, name: (t) => t.settings.title, chord: "mod+,", run: () => navigate("/settings/preferences") },
      { id: "undo", icon: Undo2, name: (t) => t.shortcuts.undo, shortcut: "z", available: canUndo, run: undoLast },
      { id: "help", icon: CircleHelp, name: (t) => t.shortcuts.title, shortcut: "?", run: () => palette.set("help") },
    ],
  },
})
