import { useState } from "react"
import type { Bot } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { reasonText } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import { Badge, Dot } from "@/shared/ui/misc"
import { toastFailure } from "@/shared/ui/toast"
import { BotForm } from "./bot-form"
import { useChangeBot } from "./change-bots"
import { botName } from "./get-bot"
import { ProfileForm } from "./profile-form"
import { RemoveDialog } from "./remove-dialog"
import { Successor } from "./successor"
import { botTone, troubleOf } from "./state"
import { TokenForm } from "./token-form"
import { webhookErrorOf } from "./webhook-error"
import { WebhookState } from "./webhook-state"

type Open = "token" | "settings" | "profile" | null

export function BotCard({ bot, manages }: { bot: Bot; manages: boolean }) {
  const t = useT()
  const locale = useLocale()
  const trouble = troubleOf(bot, t.bot)
  return (
    <section aria-label={botName(bot)} data-testid="bot-card" data-id={bot.id} data-state={bot.state} className="rounded-2xl border bg-surface p-5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1">
          <p dir="auto" className="truncate text-left text-base font-semibold">{bot.name ?? t.bot.title}</p>
          {bot.username && <a className="text-sm text-link hover:underline" href={`https://t.me/${bot.username}`} target="_blank" rel="noopener noreferrer">@{bot.username}</a>}
        </div>
        <Badge tone={botTone[bot.state]}><Dot tone={botTone[bot.state]} className="size-1.5" />{t.bot[bot.state]}</Badge>
      </div>
      {(trouble ?? (!bot.fallback && bot.error)) && (
        <div role="alert" className="mt-4 rounded-lg bg-destructive-soft px-3 py-2.5 text-[13px] text-destructive">
          {trouble}
          {bot.error && <p className="mt-1 font-mono text-xs wrap-anywhere">{reasonText(bot.error, t)}</p>}
        </div>
      )}
      {bot.fallback && <p role="status" data-testid="bot-fallback" className="mt-4 rounded-lg bg-warning-soft px-3 py-2.5 text-[13px] text-warning">{t.bot.fallbackBody}{bot.error && ` ${t.bot.webhookErrors[webhookErrorOf(bot.error)]}`}</p>}
      <p className="mt-4 text-[13px] text-subtle">
        {bot.paused ? t.bot.pausedBody : <>{t.bot.mode} {t.bot[bot.mode]}{bot.checked_at && ` · ${t.bot.checked} ${formatFull(locale, bot.checked_at)}`}</>}
      </p>
      {manages && bot.id !== null && !bot.paused && showsWebhook(bot) && <WebhookState id={bot.id} mode={bot.mode} />}
      {manages && bot.id !== null && <Managing bot={bot} id={bot.id} />}
    </section>
  )
}

/** A bot that polls because nobody wants a webhook has nothing to show, unless another server has set one. */
const showsWebhook = ({ settings, state }: Bot) => settings !== undefined && ((settings.webhook_possible && settings.updates !== "polling") || state === "conflict")

function Managing({ bot, id }: { bot: Bot; id: number }) {
  const t = useT()
  const [open, setOpen] = useState<Open>(null)
  const [removing, setRemoving] = useState(false)
  const change = useChangeBot(id)
  const done = () => setOpen(null)
  return (
    <div className="mt-5 border-t pt-5">
      {open === "token" && <TokenForm of={id} action={t.bot.replace} onDone={done} onCancel={done} />}
      {open === "settings" && bot.settings && <BotForm id={id} settings={bot.settings} onClose={done} />}
      {open === "profile" && <ProfileForm id={id} onClose={done} />}
      {open === null && (
        <div className="flex flex-wrap gap-2">
          <Button variant="outline" disabled={!bot.settings} onClick={() => setOpen("settings")}>{t.bot.settings}</Button>
          <Button variant="outline" onClick={() => setOpen("profile")}>{t.bot.profileOpen}</Button>
          <Button variant="outline" onClick={() => setOpen("token")}>{t.bot.replace}</Button>
          <Button variant="outline" busy={change.isPending} onClick={() => change.mutate({ paused: !bot.paused }, { onError: toastFailure })}>{bot.paused ? t.bot.goOn : t.bot.pause}</Button>
          <Button variant="ghost" className="text-destructive hover:text-destructive" onClick={() => setRemoving(true)}>{t.bot.remove}</Button>
        </div>
      )}
      {open === null && <Successor bot={bot} id={id} />}
      <RemoveDialog bot={bot} open={removing} onClose={() => setRemoving(false)} />
    </div>
  )
}
