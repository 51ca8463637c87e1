import { RefreshCw } from "lucide-react"
import type { BotWebhook, UpdatesMode } from "@/contract"
import { useLocale, useT, type Catalogue } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { Button } from "@/shared/ui/button"
import { toast, toastFailure } from "@/shared/ui/toast"
import { useRepair, useWebhook } from "./get-webhook"
import { webhookErrorOf } from "./webhook-error"

/** The webhook as Telegram sees it, for administrators: whether it is set, what waits, and why the last delivery failed. */
export function WebhookState({ id, mode }: { id: number; mode: UpdatesMode }) {
  const t = useT()
  const locale = useLocale()
  const { data } = useWebhook(id, mode)
  const repair = useRepair(id)
  if (!data) return null
  const error = data.last_error === null ? null : webhookErrorOf(data.last_error)
  return (
    <div data-testid="webhook-state" data-ours={data.ours} className="mt-4 rounded-lg border px-3.5 py-3 text-[13px]">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <p className="font-medium">{t.bot.webhookTitle}</p>
          <p className="mt-0.5 text-muted-foreground wrap-anywhere">{placeOf(data, t.bot)}</p>
          <p className="text-muted-foreground">{t.bot.webhookPending(data.pending)}</p>
        </div>
        <Button variant="outline" size="sm" busy={repair.isPending} onClick={() => repair.mutate(undefined, { onSuccess: () => toast.done(t.bot.repaired), onError: toastFailure })}><RefreshCw />{t.bot.repair}</Button>
      </div>
      {data.last_error !== null && error && (
        <div className="mt-2.5 border-t pt-2.5">
          <p>{t.bot.webhookErrors[error]}</p>
          <p className="mt-1 font-mono text-xs text-subtle wrap-anywhere">{data.last_error}</p>
          {data.last_error_at && <p className="mt-1 text-subtle">{t.bot.webhookErrorAt(formatFull(locale, data.last_error_at))}</p>}
        </div>
      )}
    </div>
  )
}

function placeOf({ url, wanted_url, ours }: BotWebhook, t: Catalogue["bot"]): string {
  if (url === null) return wanted_url === null ? t.webhookNone : t.webhookMissing(wanted_url)
  return ours ? t.webhookSet(url) : t.webhookForeign(url)
}
