import { useState } from "react"
import { useMe } from "@/features/access"
import { useLocale, useT } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { allows } from "@/shared/lib/action"
import { reasonText } from "@/shared/lib/words"
import { askConfirm } from "@/shared/ui/confirm"
import { Button } from "@/shared/ui/button"
import { Badge, Dot, Skeleton } from "@/shared/ui/misc"
import { toast, toastFailure } from "@/shared/ui/toast"
import { FirstSteps } from "./first-steps"
import { useBot } from "./get-bot"
import { GroupCard } from "./group-card"
import { removeToken } from "./remove-token"
import { BotSetupCard } from "./setup-card"
import { botTone, useBotTrouble } from "./state"
import { TokenForm } from "./token-form"

export function BotSettings() {
  const t = useT()
  const locale = useLocale()
  const bot = useBot()
  const trouble = useBotTrouble()
  const session = useMe()
  const manages = allows(session, "bot.manage")
  const [changing, setChanging] = useState(false)
  if (!bot) return <Skeleton className="h-40 rounded-2xl" />
  if (bot.state === "unset") return <BotSetupCard />

  const remove = async () => {
    if (!(await askConfirm({ title: t.bot.removeTitle, body: t.bot.removeBody, action: t.bot.remove, destructive: true }))) return
    await removeToken().then(() => toast.done(t.bot.removed), toastFailure)
  }
  return (
    <div>
    <FirstSteps fallback={null} />
    <section aria-labelledby="bot-title" className="first:mt-0 mt-8">
      <h2 id="bot-title" className="mb-5 text-lg font-semibold">{t.bot.title}</h2>
      <div className="rounded-2xl border bg-surface p-5">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <div className="min-w-0 flex-1">
            <p className="truncate text-base font-semibold">{bot.name ?? t.bot.title}</p>
            {bot.username && <a className="text-sm text-link hover:underline" href={`https://t.me/${bot.username}`} target="_blank" rel="noopener noreferrer">@{bot.username}</a>}
          </div>
          <Badge tone={botTone[bot.state]}><Dot tone={botTone[bot.state]} className="size-1.5" />{t.bot[bot.state]}</Badge>
        </div>
        {(trouble ?? bot.error) && (
          <div role="alert" className="mt-4 rounded-lg bg-destructive-soft px-3 py-2.5 text-[13px] text-destructive">
            {trouble}
            {bot.error && <p className="mt-1 font-mono text-xs">{reasonText(bot.error, t)}</p>}
          </div>
        )}
        <p className="mt-4 text-[13px] text-subtle">
          {t.bot.mode} {t.bot[bot.mode]}
          {bot.checked_at && ` · ${t.bot.checked} ${formatFull(locale, bot.checked_at)}`}
        </p>
        {manages && (
          <div className="mt-5 border-t pt-5">
            {changing ? (
              <TokenForm action={t.bot.replace} onDone={() => setChanging(false)} onCancel={() => setChanging(false)} />
            ) : (
              <div className="flex flex-wrap gap-2">
                <Button variant="outline" onClick={() => setChanging(true)}>{t.bot.replace}</Button>
                <Button variant="ghost" className="text-destructive hover:text-destructive" onClick={() => void remove()}>{t.bot.remove}</Button>
              </div>
            )}
          </div>
        )}
        {!manages && <p className="mt-4 text-[13px] text-subtle">{t.settings.adminOnly}</p>}
      </div>
    </section>
    {allows(session, "setting.manage") && <GroupCard />}
    </div>
  )
}
