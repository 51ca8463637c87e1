import { useState, type FormEvent } from "react"
import type { Bot } from "@/contract"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, Input } from "@/shared/ui/field"
import { explain, toast } from "@/shared/ui/toast"
import { useRemoveBot } from "./change-bots"
import { botName } from "./get-bot"

/** The name must be typed, since what waits for the bot's customers fails at once. */
export function RemoveDialog({ bot, open, onClose }: { bot: Bot; open: boolean; onClose: () => void }) {
  const t = useT()
  const name = botName(bot)
  const [typed, setTyped] = useState("")
  const remove = useRemoveBot(bot)
  const same = typed.trim().replace(/^@/, "").toLowerCase() === name.replace(/^@/, "").toLowerCase()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (same) remove.mutate(undefined, { onSuccess: () => toast.done(t.bot.removed) })
  }
  return (
    <Dialog open={open} onClose={onClose} title={t.bot.removeTitle(name)} description={t.bot.removeBody}>
      <form onSubmit={submit} className="mt-3 flex flex-col gap-4" data-testid="remove-bot">
        <Field label={t.bot.removeType(name)} error={remove.error && explain(remove.error)}>
          {(props) => <Input {...props} autoFocus autoComplete="off" spellCheck={false} autoCapitalize="none" value={typed} onChange={({ target }) => setTyped(target.value)} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button variant="outline" onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" variant="destructive" disabled={!same} busy={remove.isPending}>{t.bot.remove}</Button>
        </div>
      </form>
    </Dialog>
  )
}
