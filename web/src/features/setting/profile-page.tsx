import { useState, type FormEvent } from "react"
import { PasswordForm, setMyOperator, useMe } from "@/features/access"
import { changeMe } from "@/features/operator"
import { useT } from "@/shared/i18n"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { Field, Input } from "@/shared/ui/field"
import { toast, toastFailure } from "@/shared/ui/toast"

export function Profile() {
  const t = useT()
  const { operator, version } = useMe()
  const [name, setName] = useState(operator.name)
  const [busy, setBusy] = useState(false)
  const [round, setRound] = useState(0)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    await changeMe({ name: name.trim() }).then((changed) => {
      setMyOperator(changed)
      toast.done(t.common.saved)
    }, toastFailure)
    setBusy(false)
  }
  return (
    <section aria-labelledby="profile-title">
      <h2 id="profile-title" className="mb-5 text-lg font-semibold">{t.settings.profileTitle}</h2>
      <div className="rounded-2xl border bg-surface p-5">
        <div className="mb-5 flex items-center gap-4">
          <Avatar name={operator.name} id={operator.id} className="size-14 text-lg" />
          <div className="min-w-0">
            <p className="truncate font-semibold">{operator.name}</p>
            <p className="truncate text-[13px] text-muted-foreground">{operator.email || operator.login} · {t.operators.roles[operator.role]}</p>
          </div>
        </div>
        <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
          <Field label={t.settings.name}>{(props) => <Input {...props} required maxLength={100} autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />}</Field>
          <Button type="submit" className="self-start" busy={busy} disabled={!name.trim() || name.trim() === operator.name}>{t.common.save}</Button>
        </form>
      </div>
      <h3 className="mt-8 mb-4 text-base font-semibold">{t.password.change}</h3>
      <div className="rounded-2xl border bg-surface p-5"><PasswordForm key={round} onDone={() => setRound(round + 1)} /></div>
      <p className="mt-6 text-xs text-subtle">Switchboard {t.settings.version.toLowerCase()} {version}</p>
    </section>
  )
}
