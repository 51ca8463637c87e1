import type { Bot } from "@/contract"
import { useT } from "@/shared/i18n"
import { Field, Select } from "@/shared/ui/field"
import { toast, toastFailure } from "@/shared/ui/toast"
import { useChangeBot } from "./change-bots"
import { botName, useBots, useRemovedBots } from "./get-bot"

/** Which bot replaces this one: its customers continue there. Nothing to choose for the only bot. */
export function Successor({ bot, id }: { bot: Bot; id: number }) {
  const t = useT().bot
  const change = useChangeBot(id)
  const others = (useBots() ?? []).filter((other) => other.id !== id)
  if (others.length === 0) return null
  const choose = (successor_id: number | null) => change.mutate({ successor_id }, { onSuccess: () => toast.done(t.saved), onError: toastFailure })
  return (
    <div className="mt-4 max-w-sm" data-testid="successor">
      <Field label={t.successor} hint={t.successorHint}>
        {(props) => (
          <Select {...props} value={bot.successor_id ?? ""} disabled={change.isPending} onChange={({ target }) => choose(target.value ? Number(target.value) : null)}>
            <option value="">{t.successorNone}</option>
            {others.map((other) => <option key={other.id} value={other.id ?? ""}>{botName(other)}</option>)}
          </Select>
        )}
      </Field>
    </div>
  )
}

/** Removed bots, whose customers can still be led to another one. */
export function RemovedBots() {
  const t = useT().bot
  const removed = useRemovedBots()
  if (removed.length === 0) return null
  return (
    <section aria-labelledby="removed-bots" className="mt-6" data-testid="removed-bots">
      <h3 id="removed-bots" className="text-[13px] font-medium text-muted-foreground">{t.removedBots}</h3>
      <ul className="mt-2 flex flex-col gap-2">
        {removed.map((bot) => bot.id !== null && (
          <li key={bot.id} className="rounded-2xl border bg-surface px-5 py-4">
            <p dir="auto" className="text-left text-sm font-medium">{botName(bot)}</p>
            <Successor bot={bot} id={bot.id} />
          </li>
        ))}
      </ul>
    </section>
  )
}
