import { useState, type FormEvent } from "react"
import { useT } from "@/shared/i18n"
import { useDocumentTitle } from "@/shared/lib/title"
import { Button } from "@/shared/ui/button"
import { Field, FormError, Input } from "@/shared/ui/field"
import { explain } from "@/shared/ui/toast"
import { AuthLayout } from "./auth-layout"
import { PasswordInput } from "./password-input"
import { useSignIn } from "./sign-in"

export function LoginPage() {
  const t = useT()
  const [login, setLogin] = useState("")
  const [password, setPassword] = useState("")
  const signIn = useSignIn()
  useDocumentTitle(`${t.login.title} · ${t.app.name}`)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (login && password) signIn.mutate({ login: login.trim(), password })
  }

  return (
    <AuthLayout>
      <h1 className="text-[26px] font-semibold tracking-tight">{t.login.title}</h1>
      <p className="mt-1.5 text-[15px] text-muted-foreground">{t.login.subtitle}</p>
      <form onSubmit={submit} className="mt-7 flex flex-col gap-4" data-testid="login-form">
        <Field label={t.login.identifier}>
          {(props) => (
            <Input {...props} name="login" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required value={login} onChange={(event) => setLogin(event.target.value)} />
          )}
        </Field>
        <Field label={t.login.password}>
          {(props) => (
            <PasswordInput {...props} name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
          )}
        </Field>
        <FormError>{signIn.error && explain(signIn.error)}</FormError>
        <Button type="submit" size="lg" className="mt-1 w-full" busy={signIn.isPending}>
          {signIn.isPending ? t.login.working : t.login.submit}
        </Button>
      </form>
      <p className="mt-6 text-[13px] leading-relaxed text-subtle">{t.login.hint}</p>
      <p className="mt-2 text-[13px] leading-relaxed text-subtle">{t.login.forgot}</p>
    </AuthLayout>
  )
}
