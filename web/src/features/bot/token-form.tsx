import { useState, type FormEvent } from "react"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Field, Input } from "@/shared/ui/field"
import { explain, toast } from "@/shared/ui/toast"
import { useSetToken, type TokenOf } from "./change-bots"

/** The form of a token. Only Telegram can tell whether a token is valid. */
const shape = /^\d+:[\w-]+$/

interface TokenFormProps {
  of: TokenOf
  action: string
  onDone?: () => void
  onCancel?: () => void
}

export function TokenForm({ of, action, onDone, onCancel }: TokenFormProps) {
  const t = useT().bot
  const { cancel } = useT().common
  const [token, setToken] = useState("")
  const [checked, setChecked] = useState(false)
  const set = useSetToken(of)
  const misshapen = checked && !shape.test(token.trim()) ? t.tokenShape : null

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (!shape.test(token.trim())) return
    set.mutate(token.trim(), {
      onSuccess: (bot) => {
        setToken("")
        setChecked(false)
        if (bot.username) toast.done(t.connected(bot.username))
        onDone?.()
      },
    })
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-3" data-testid="token-form">
      <Field label={t.token} hint={t.tokenHint} error={misshapen ?? (set.error ? explain(set.error) : null)}>
        {(props) => (
          <Input {...props} name="token" autoComplete="off" spellCheck={false} autoCapitalize="none" placeholder={t.tokenPlaceholder} className="font-mono text-[13px]" value={token}
            onChange={(event) => {
              setToken(event.target.value)
              set.reset()
            }}
          />
        )}
      </Field>
      <div className="flex gap-2">
        <Button type="submit" busy={set.isPending} disabled={token.trim() === ""}>{set.isPending ? t.checking : action}</Button>
        {onCancel && <Button variant="ghost" onClick={onCancel}>{cancel}</Button>}
      </div>
    </form>
  )
}
