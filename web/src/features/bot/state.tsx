import { Bot as BotIcon } from "lucide-react"
import type { Bot, BotState } from "@/contract"
import { useT, type Catalogue } from "@/shared/i18n"
import { isolate } from "@/shared/lib/bidi"
import { Link } from "@/shared/lib/router"
import { Dot } from "@/shared/ui/misc"
import { Tooltip } from "@/shared/ui/tooltip"
import { botName, useBots } from "./get-bot"

export const botTone: Record<BotState, "neutral" | "success" | "warning" | "danger"> = {
  unset: "neutral", connecting: "warning", ok: "success", unauthorized: "danger", conflict: "danger", unreachable: "warning", paused: "neutral",
}

const worstFirst: readonly BotState[] = ["unauthorized", "conflict", "unreachable", "connecting", "paused", "ok", "unset"]

/** The problem of a bot, and what to do; null if there is none. */
export function troubleOf(bot: Bot, t: Catalogue["bot"]): string | null {
  switch (bot.state) {
    case "unauthorized": return t.unauthorizedBody
    case "conflict": return t.conflictBody
    case "unreachable": return t.unreachableBody
    default: return null
  }
}

/** The bot that is worst off; undefined while the bots are not known, and without bots. */
function useWorst(): Bot | undefined {
  const bots = useBots()
  return bots && [...bots].sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state))[0]
}

/** The problem of the bot that is worst off; with its name if there are several. */
export function useBotTrouble(): string | null {
  const t = useT().bot
  const several = (useBots()?.length ?? 0) > 1
  const bot = useWorst()
  const trouble = bot && troubleOf(bot, t)
  return trouble && several ? `${isolate(botName(bot))}: ${trouble}` : (trouble ?? null)
}

/** Visible only if a bot has a problem; links to the settings. */
export function BotLamp({ withText = false }: { withText?: boolean }) {
  const t = useT()
  const bots = useBots()
  const worst = useWorst()
  if (!bots) return null
  const state = worst?.state ?? "unset"
  const named = worst && worst.username !== null && (state === "ok" || bots.length > 1)
  const label = named ? `${botName(worst)}: ${t.bot[state]}` : t.bot[state]
  if (state === "ok" && !withText) return <span role="img" aria-label={`${t.bot.title}: ${label}`} data-testid="bot-state" data-state="ok" className="sr-only" />
  return (
    <Tooltip label={label} side="right">
      <Link
        href="/settings/bot"
        aria-label={`${t.bot.title}: ${label}`}
        data-testid="bot-state"
        data-state={state}
        className="relative flex min-h-10 min-w-10 items-center justify-center gap-2 rounded-lg px-2 text-[13px] text-muted-foreground hover:bg-accent"
      >
        <BotIcon className="size-[19px]" aria-hidden="true" />
        {withText && <span>{label}</span>}
        <Dot tone={botTone[state]} className={withText ? "" : "absolute top-2 right-2 border border-background"} />
      </Link>
    </Tooltip>
  )
}
