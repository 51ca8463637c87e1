import { LogOut } from "lucide-react"
import { feature } from "@/shared/lib/feature"
import { queryClient } from "@/shared/lib/query"
import { meKey, setMyOperator } from "./me"
import { signOut } from "./sign-out"

const askWhoIAm = () => void queryClient.resetQueries({ queryKey: meKey })

export const access = feature({
  name: "access",
  on: {
    operator_status_change: ({ data: { operator } }, me) => {
      if (operator.id !== me) return
      if (operator.active) setMyOperator(operator)
      else askWhoIAm()
    },
    error: ({ data }) => {
      if (data.code === "unauthorized") askWhoIAm()
    },
  },
  // For example, connecting changes the status of the operator.
  unplaced: [meKey],
  actions: { panel: [{ id: "account.sign-out", icon: LogOut, name: (t) => t.account.signOut, run: signOut }] },
})
