import { useState, type FormEvent } from "react"
import { limits } from "@/contract"
import { ApiFailure } from "@/shared/api/http"
import { useT } from "@/shared/i18n"
import { useDocumentTitle } from "@/shared/lib/title"
import { Button } from "@/shared/ui/button"
import { Field, FormError } from "@/shared/ui/field"
import { explain, toast } from "@/shared/ui/toast"
import { AuthLayout } from "./auth-layout"
import { useChangePassword } from "./change-password"
import { PasswordInput } from "./password-input"
import { getTypedPassword } from "./sign-in"
import { signOut } from "./sign-out"

export function PasswordForm({ forced = false, onDone }: { forced?: boolean; onDone?: () => void }) {
  const t = useT()
  const [current, setCurrent] = useState(forced ? getTypedPassword : "")
  const [next, setNext] = useState("")
  const [again, setAgain] = useState("")
  const [checked, setChecked] = useState(false)
  const change = useChangePassword()

  const short = checked && [...next].length < limits.password_min ? t.password.short : null
  const differs = checked && !short && next !== again ? t.password.mismatch : null

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if ([...next].length < limits.password_min || next !== again) return
    change.mutate({ current_password: current, new_password: next }, {
      onSuccess: () => {
        toast.done(t.password.changed)
        onDone?.()
      },
    })
  }

  const weak = change.error instanceof ApiFailure && change.error.code === "weak_password" ? explain(change.error) : null
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" data-testid="password-form">
      <Field label={forced ? t.password.oneTime : t.password.current}>
        {(props) => <PasswordInput {...props} autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.target.value)} />}
      </Field>
      <Field label={t.password.next} hint={t.password.rule} error={short ?? weak}>
        {(props) => <PasswordInput {...props} autoComplete="new-password" required value={next} onChange={(event) => setNext(event.target.value)} />}
      </Field>
      <Field label={t.password.again} error={differs}>
        {(props) => <PasswordInput {...props} autoComplete="new-password" required value={again} onChange={(event) => setAgain(event.target.value)} />}
      </Field>
      <FormError>{change.error && !weak && explain(change.error)}</FormError>
      <Button type="submit" size={forced ? "lg" : "default"} className={forced ? "w-full" : "self-start"} busy={change.isPending}>
        {forced ? t.password.submit : t.password.change}
      </Button>
    </form>
  )
}

/** The only page after signing in with a one-time password. */
export function ForcedPasswordPage() {
  const t = useT()
  useDocumentTitle(`${t.password.title} · ${t.app.name}`)
  return (
    <AuthLayout>
      <h1 className="text-[26px] font-semibold tracking-tight">{t.password.title}</h1>
      <p className="mt-1.5 mb-7 text-[15px] text-muted-foreground">{t.password.forced}</p>
      <PasswordForm forced />
      <Button variant="link" size="text" className="mt-5 self-center" onClick={() => void signOut()}>{t.account.signOut}</Button>
    </AuthLayout>
  )
}
