import { CircleUserRound, Users } from "lucide-react"
import { setMyOperator } from "@/features/access"
import type { Action } from "@/shared/lib/action"
import { feature, type PanelContext } from "@/shared/lib/feature"
import { toastFailure } from "@/shared/ui/toast"
import { changeMe } from "./change-me"
import { operatorsKey } from "./get-operators"
import { reduceOperators } from "./reduce"

function setStatus(status: "online" | "away"): Action<PanelContext> {
  return { id: `account.${status}`, icon: CircleUserRound, name: (t) => `${t.account.status}: ${t.account[status]}`, run: () => changeMe({ status }).then(setMyOperator, toastFailure) }
}

export const operator = feature({
  name: "operator",
  keeps: [{ key: operatorsKey, reduce: reduceOperators }],
  unplaced: [operatorsKey],
  settings: [{
    section: "operators", icon: Users, name: (t) => t.operators.title, holds: (t) => [t.operators.add, t.operators.reset, t.operators.role],
  }],
  actions: { panel: [setStatus("online"), setStatus("away")] },
})
