import { Bot as BotIcon } from "lucide-react"
import type { BotState } from "@/contract"
import { useT } from "@/shared/i18n"
import { Link } from "@/shared/lib/router"
import { Dot } from "@/shared/ui/misc"
import { Tooltip } from "@/shared/ui/tooltip"
import { useBot } from "./get-bot"

export const botTone: Record<BotState, "neutral" | "success" | "warning" | "danger"> = {
  unset: "neutral", connecting: "warning", ok: "success", unauthorized: "danger", conflict: "danger", unreachable: "warning",
}

/** The problem of the bot, and what to do; null if there is none. */
export function useBotTrouble(): string | null {
  const t = useT().bot
  const bot = useBot()
  switch (bot?.state) {
    case "unauthorized": return t.unauthorizedBody
    case "conflict": return t.conflictBody
    case "unreachable": return t.unreachableBody
    default: return null
  }
}

/** Visible only if the bot has a problem; links to its settings. */
export function BotLamp({ withText = false }: { withText?: boolean }) {
  const t = useT()
  const bot = useBot()
  if (!bot) return null
  const label = bot.state === "ok" && bot.username ? `@${bot.username}: ${t.bot.ok}` : t.bot[bot.state]
  if (bot.state === "ok" && !withText) return <span role="img" aria-label={`${t.bot.title}: ${label}`} data-testid="bot-state" data-state="ok" className="sr-only" />
  return (
    <Tooltip label={label} side="right">
      <Link
        href="/settings/bot"
        aria-label={`${t.bot.title}: ${label}`}
        data-testid="bot-state"
        data-state={bot.state}
        className="relative flex min-h-10 min-w-10 items-center justify-center gap-2 rounded-lg px-2 text-[13px] text-muted-foreground hover:bg-accent"
      >
        <BotIcon className="size-[19px]" aria-hidden="true" />
        {withText && <span>{label}</span>}
        <Dot tone={botTone[bot.state]} className={withText ? "" : "absolute top-2 right-2 border border-background"} />
      </Link>
    </Tooltip>
  )
}
