import { LogOut, Settings, UserRound } from "lucide-react"
import type { OperatorStatus } from "@/contract"
import { setMyOperator, signOut, useMe } from "@/features/access"
import { useT } from "@/shared/i18n"
import { navigate } from "@/shared/lib/router"
import { Avatar } from "@/shared/ui/avatar"
import { Menu, MenuChoice, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import { Dot } from "@/shared/ui/misc"
import { toastFailure } from "@/shared/ui/toast"
import { changeMe } from "./change-me"
import { useOperator } from "./get-operators"

const statuses: readonly OperatorStatus[] = ["online", "away"]
const statusTone: Record<OperatorStatus, "success" | "warning" | "neutral"> = { online: "success", away: "warning", offline: "neutral" }

export function AccountMenu() {
  const t = useT()
  const { operator: me } = useMe()
  // The response to signing in has the status from before the connection; events update the list of operators.
  const operator = useOperator(me.id) ?? me
  const setStatus = (status: OperatorStatus) => void changeMe({ status }).then(setMyOperator, toastFailure)
  return (
    <Menu>
      <MenuTrigger asChild>
        <button type="button" className="relative mt-1 grid place-items-center rounded-full max-md:mt-0 max-md:size-10">
          <Avatar name={operator.name} id={operator.id} className="size-9 text-xs" />
          <Dot tone={statusTone[operator.status]} className="absolute -right-0.5 -bottom-0.5 size-3 border-2 border-background max-md:right-0 max-md:bottom-0" />
          <span className="sr-only">{`${t.account.title}: ${operator.name}, ${t.account[operator.status]}`}</span>
        </button>
      </MenuTrigger>
      <MenuContent side="right" align="end">
        <div className="px-2.5 pt-1.5 pb-2">
          <p className="font-semibold">{operator.name}</p>
          <p className="text-xs text-subtle">{operator.email || operator.login}</p>
        </div>
        <MenuSeparator />
        <MenuLabel>{t.account.status}</MenuLabel>
        {statuses.map((status) => (
          <MenuChoice key={status} checked={operator.status === status} onSelect={() => setStatus(status)}><Dot tone={statusTone[status]} />{t.account[status]}</MenuChoice>
        ))}
        <MenuSeparator />
        <MenuItem onSelect={() => navigate("/settings/profile")}><UserRound />{t.account.profile}</MenuItem>
        <MenuItem onSelect={() => navigate("/settings/preferences")}><Settings />{t.settings.preferencesTitle}</MenuItem>
        <MenuItem onSelect={() => void signOut()}><LogOut />{t.account.signOut}</MenuItem>
      </MenuContent>
    </Menu>
  )
}
