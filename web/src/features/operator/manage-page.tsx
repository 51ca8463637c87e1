import { KeyRound, Merge, MoreHorizontal, UserCheck, UserMinus, UserPlus } from "lucide-react"
import { useState } from "react"
import type { Operator, OperatorStatus } from "@/contract"
import { useMe } from "@/features/access"
import { getT, useT } from "@/shared/i18n"
import { allows, usable, type Action, type Permissions } from "@/shared/lib/action"
import { copyText } from "@/shared/lib/clipboard"
import { queryClient } from "@/shared/lib/query"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { askConfirm } from "@/shared/ui/confirm"
import { Dialog } from "@/shared/ui/dialog"
import { Menu, MenuChoice, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import { Badge, Dot } from "@/shared/ui/misc"
import { toast, toastFailure } from "@/shared/ui/toast"
import { AddDialog, roles } from "./add-dialog"
import { changeOperator } from "./change-operator"
import { operatorsKey, useOperators } from "./get-operators"
import { JoinDialog } from "./join-dialog"
import { resetPassword } from "./reset-password"

interface Context {
  operator: Operator
  me: number
  showPassword: (name: string, password: string) => void
  join: (person: Operator) => void
}

async function change(id: number, what: Parameters<typeof changeOperator>[1]): Promise<void> {
  await changeOperator(id, what).then(() => toast.done(getT().operators.updated), toastFailure)
  void queryClient.invalidateQueries({ queryKey: operatorsKey })
}

const actions: readonly Action<Context>[] = [
  {
    id: "operator.reset-password",
    icon: KeyRound,
    name: (t) => t.operators.reset,
    permission: "operator.manage",
    run: async ({ operator, showPassword }) => {
      const t = getT().operators
      if (!(await askConfirm({ title: t.resetTitle, body: t.resetBody(operator.name), action: t.reset }))) return
      await resetPassword(operator.id).then(({ password }) => showPassword(operator.name, password), toastFailure)
    },
  },
  {
    id: "operator.join",
    icon: Merge,
    name: (t) => t.operators.join,
    permission: "operator.manage",
    available: ({ operator }) => operator.active && !operator.can_sign_in,
    run: ({ operator, join }) => join(operator),
  },
  {
    id: "operator.deactivate",
    icon: UserMinus,
    name: (t) => t.operators.deactivate,
    permission: "operator.manage",
    available: ({ operator, me }) => operator.active && operator.id !== me,
    run: async ({ operator }) => {
      const t = getT().operators
      if (await askConfirm({ title: t.deactivateTitle, body: t.deactivateBody(operator.name), action: t.deactivate, destructive: true }))
        await change(operator.id, { active: false })
    },
  },
  {
    id: "operator.activate",
    icon: UserCheck,
    name: (t) => t.operators.activate,
    permission: "operator.manage",
    available: ({ operator }) => !operator.active,
    run: ({ operator }) => change(operator.id, { active: true }),
  },
]

const tone: Record<OperatorStatus, "success" | "warning" | "neutral"> = { online: "success", away: "warning", offline: "neutral" }

export function OperatorsPage() {
  const t = useT()
  const operators = useOperators()
  const session = useMe()
  const { operator: me } = session
  const manages = allows(session, "operator.manage")
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState<{ name: string; password: string } | null>(null)
  const [joining, setJoining] = useState<Operator | null>(null)
  const showPassword = (name: string, password: string) => setSecret({ name, password })
  return (
    <section aria-labelledby="operators-title">
      <div className="mb-5 flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="operators-title" className="text-lg font-semibold">{t.operators.title}</h2>
          <p className="mt-1 text-sm text-muted-foreground">{t.operators.body}</p>
        </div>
        {manages && <Button onClick={() => setAdding(true)}><UserPlus />{t.operators.add}</Button>}
      </div>
      <ul className="divide-y rounded-2xl border bg-surface">
        {operators.map((operator) => <Person key={operator.id} context={{ operator, me: me.id, showPassword, join: setJoining }} permissions={session} />)}
      </ul>
      <AddDialog open={adding} onClose={() => setAdding(false)} onCreated={showPassword} />
      {joining && <JoinDialog person={joining} onClose={() => setJoining(null)} />}
      {secret && <OneTimePassword {...secret} onClose={() => setSecret(null)} />}
    </section>
  )
}

function Person({ context, permissions }: { context: Context; permissions: Permissions }) {
  const t = useT()
  const { operator, me } = context
  return (
    <li data-testid="operator-row" data-id={operator.id} className="flex items-center gap-3 px-4 py-3">
      <span className="relative">
        <Avatar name={operator.name} id={operator.id} className={operator.active ? "" : "opacity-50"} />
        <Dot tone={tone[operator.status]} className="absolute right-0 bottom-0 size-3 border-2 border-surface" />
        <span className="sr-only">{t.account[operator.status]}</span>
      </span>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1.5">
      <div className="min-w-0 flex-1 basis-40">
        <p className="truncate text-sm font-medium">{operator.name}{operator.id === me && <span className="text-subtle"> · {t.common.you}</span>}</p>
        <p className="truncate text-[13px] text-muted-foreground">{operator.login}{operator.email && ` · ${operator.email}`}</p>
      </div>
      <div className="flex flex-wrap justify-end gap-1.5">
        {!operator.active ? <Badge tone="danger">{t.operators.inactive}</Badge> : !operator.can_sign_in ? <span title={t.operators.cannotSignInHint}><Badge>{t.operators.cannotSignIn}</Badge></span> : operator.must_change_password && <Badge tone="warning">{t.operators.mustChange}</Badge>}
        <Badge>{t.operators.roles[operator.role]}</Badge>
      </div>
      </div>
      {allows(permissions, "operator.manage") && (
        <Menu>
          <MenuTrigger asChild><Button variant="ghost" size="icon-sm" aria-label={t.operators.actionsFor(operator.name)}><MoreHorizontal /></Button></MenuTrigger>
          <MenuContent align="end">
            <MenuLabel>{t.operators.role}</MenuLabel>
            {roles.map((role) => (
              <MenuChoice key={role} checked={operator.role === role} onSelect={() => role !== operator.role && void change(operator.id, { role })}>{t.operators.roles[role]}</MenuChoice>
            ))}
            <MenuSeparator />
            {actions.filter((action) => usable(action, permissions, context)).map((action) => (
              <MenuItem key={action.id} destructive={action.id === "operator.deactivate"} onSelect={() => void action.run(context)}><action.icon />{action.name(t, context)}</MenuItem>
            ))}
          </MenuContent>
        </Menu>
      )}
    </li>
  )
}

function OneTimePassword({ name, password, onClose }: { name: string; password: string; onClose: () => void }) {
  const t = useT()
  return (
    <Dialog open onClose={onClose} title={t.operators.oneTimeTitle} description={t.operators.oneTimeBody(name)}>
      <p data-testid="one-time-password" className="my-3 rounded-xl bg-muted px-4 py-4 text-center font-mono text-lg tracking-wide select-all">{password}</p>
      <div className="flex justify-end gap-2">
        <Button variant="outline" onClick={() => void copyText(password)}>{t.operators.copyPassword}</Button>
        <Button onClick={onClose}>{t.common.done}</Button>
      </div>
    </Dialog>
  )
}
