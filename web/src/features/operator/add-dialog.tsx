import { useState, type FormEvent } from "react"
import type { Role } from "@/contract"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, FormError, Input } from "@/shared/ui/field"
import { explain } from "@/shared/ui/toast"
import { useCreateOperator } from "./create-operator"

export const roles: readonly Role[] = ["operator", "senior_operator", "admin"]
const blank = { login: "", email: "", name: "", role: "operator" as Role }

interface AddDialogProps {
  open: boolean
  onClose: () => void
  onCreated: (name: string, password: string) => void
}

export function AddDialog({ open, onClose, onCreated }: AddDialogProps) {
  const t = useT()
  const [form, setForm] = useState(blank)
  const create = useCreateOperator()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ ...form, email: form.email || null }, {
      onSuccess: ({ operator, password }) => {
        setForm(blank)
        onClose()
        if (password !== null) onCreated(operator.name, password)
      },
    })
  }
  const text = (key: "login" | "email" | "name", type = "text") => (
    <Field label={t.operators[key]}>
      {(props) => <Input {...props} type={type} required={key !== "email"} autoComplete="off" autoCapitalize={key === "name" ? "words" : "none"} value={form[key]} onChange={(event) => setForm({ ...form, [key]: event.target.value })} />}
    </Field>
  )
  return (
    <Dialog open={open} onClose={onClose} title={t.operators.addTitle}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {text("name")}
        <div className="grid gap-4 sm:grid-cols-2">{text("login")}{text("email", "email")}</div>
        <fieldset>
          <legend className="mb-1.5 text-[13px] font-medium">{t.operators.role}</legend>
          <div className="flex flex-col gap-2">
            {roles.map((role) => (
              <label key={role} className="flex cursor-pointer gap-3 rounded-lg border px-3 py-2.5 has-checked:border-ring has-checked:bg-primary-soft has-focus-visible:outline-2 has-focus-visible:outline-ring">
                <input type="radio" name="role" className="mt-0.5 size-4 accent-primary" checked={form.role === role} onChange={() => setForm({ ...form, role })} />
                <span>
                  <span className="block text-sm font-medium">{t.operators.roles[role]}</span>
                  <span className="block text-[13px] text-muted-foreground">{t.operators.roleHints[role]}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <FormError>{create.error && explain(create.error)}</FormError>
        <div className="flex justify-end gap-2">
          <Button variant="outline" onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" busy={create.isPending}>{t.operators.create}</Button>
        </div>
      </form>
    </Dialog>
  )
}
