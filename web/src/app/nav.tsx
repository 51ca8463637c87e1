import { Inbox, LogOut, Settings, TriangleAlert, UserRound, Zap, type LucideIcon } from "lucide-react"
import type { OperatorStatus } from "@/contract"
import { setMyOperator, signOut, useMe } from "@/features/access"
import { BotLamp } from "@/features/bot"
import { useCounts, countText } from "@/features/conversation"
import { changeMe, useOperator } from "@/features/operator"
import { useDeadLetterCount } from "@/features/outbox"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { Link, navigate, usePath } from "@/shared/lib/router"
import { useStore } from "@/shared/lib/store"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { Logo } from "@/shared/ui/logo"
import { Menu, MenuChoice, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import { Dot } from "@/shared/ui/misc"
import { toastFailure } from "@/shared/ui/toast"
import { Tooltip } from "@/shared/ui/tooltip"
import { ConnectionLamp } from "./connection"
import { DemoMark } from "./demo"
import { inboxPlace, listPath } from "./place"
import { palette } from "./ui-state"

interface Place {
  id: "inbox" | "failed" | "settings"
  href: string
  icon: LucideIcon
  here: (path: string) => boolean
}

function usePlaces(): readonly Place[] {
  const place = useStore(inboxPlace)
  return [
    { id: "inbox", href: listPath(place), icon: Inbox, here: (path) => path.startsWith("/inbox") || path.startsWith("/c/") },
    { id: "failed", href: "/settings/failed", icon: TriangleAlert, here: (path) => path === "/settings/failed" },
    { id: "settings", href: "/settings", icon: Settings, here: (path) => path.startsWith("/settings") && path !== "/settings/failed" },
  ]
}

export function NavRail() {
  const t = useT()
  const path = usePath()
  return (
    <nav aria-label={t.nav.main} className="flex w-16 shrink-0 flex-col items-center gap-1 border-r bg-background pt-3 pb-3">
      <Link href="/inbox/waiting" aria-label={t.app.name} className="mb-4 rounded-[10px]"><Logo className="size-9" /></Link>
      {usePlaces().map(({ id, href, icon: Icon, here }) => (
        <Tooltip key={id} label={t.nav[id]} side="right">
          <Link
            href={href}
            aria-current={here(path) ? "page" : undefined}
            className={cn("relative grid size-10 place-items-center rounded-xl text-muted-foreground transition-colors hover:bg-accent hover:text-foreground", here(path) && "bg-primary-soft text-link hover:bg-primary-soft hover:text-link")}
          >
            <Icon className="size-[19px]" aria-hidden="true" />
            <span className="sr-only">{t.nav[id]}</span>
            {id === "inbox" && <InboxCount className="absolute -top-0.5 -right-1" />}
            {id === "failed" && <FailedCount className="absolute -top-0.5 -right-1" />}
          </Link>
        </Tooltip>
      ))}
      <Tooltip label={t.nav.palette} shortcut="mod+k" side="right">
        <Button variant="ghost" size="icon" className="size-10 rounded-xl" aria-label={t.nav.palette} onClick={() => palette.set("commands")}><Zap /></Button>
      </Tooltip>
      <div className="mt-auto flex flex-col items-center gap-1">
        <DemoMark />
        <ConnectionLamp />
        <BotLamp />
        <AccountMenu />
      </div>
    </nav>
  )
}

const countStyle = "box-content grid h-[17px] min-w-[9px] place-items-center rounded-full border-2 border-background px-1 text-[10px] leading-none font-semibold tabular-nums"

/** Replies in one's own conversations come first; while there are none, how many customers wait. */
function InboxCount({ className }: { className: string }) {
  const t = useT().nav
  const counts = useCounts()
  if (!counts) return null
  const { mine_unread: mine, waiting } = counts
  const n = mine || waiting
  if (n === 0) return null
  return (
    <span data-testid="inbox-count" data-of={mine ? "mine" : "waiting"} className={cn(countStyle, mine ? "bg-primary text-primary-foreground" : "bg-warning-soft text-warning", className)}>
      <span aria-hidden="true">{n > 99 ? "99+" : countText(n, counts)}</span>
      <span className="sr-only">{mine ? t.repliesToYou(n) : t.waitingCount(n)}</span>
    </span>
  )
}

function FailedCount({ className }: { className: string }) {
  const count = useDeadLetterCount()
  return count && <span data-testid="failed-count" className={cn(countStyle, "bg-destructive text-surface", className)}>{count}</span>
}

/** Under the thumb: the same three places, each wide enough for it. */
export function PhoneNav() {
  const t = useT()
  const path = usePath()
  return (
    <nav aria-label={t.nav.main} className="flex shrink-0 items-stretch border-t bg-surface pb-[env(safe-area-inset-bottom)]">
      {usePlaces().map(({ id, href, icon: Icon, here }) => (
        <Link key={id} href={href} aria-current={here(path) ? "page" : undefined} className={cn("flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-[11px] text-muted-foreground", here(path) && "font-medium text-link")}>
          <span className="relative">
            <Icon className="size-5" aria-hidden="true" />
            {id === "inbox" && <InboxCount className="absolute -top-2 left-3 border-surface" />}
            {id === "failed" && <FailedCount className="absolute -top-2 left-3 border-surface" />}
          </span>
          {id === "failed" ? t.settings.sections.failed.split(" ")[0] : t.nav[id]}
        </Link>
      ))}
    </nav>
  )
}

const statuses: readonly OperatorStatus[] = ["online", "away"]
const statusTone: Record<OperatorStatus, "success" | "warning" | "neutral"> = { online: "success", away: "warning", offline: "neutral" }

export function AccountMenu() {
  const t = useT()
  const { operator: me } = useMe()
  // Signing in answers with the status from before the connection; the list of operators is kept true by events.
  const operator = useOperator(me.id) ?? me
  const setStatus = (status: OperatorStatus) => void changeMe({ status }).then(setMyOperator, toastFailure)
  return (
    <Menu>
      <MenuTrigger asChild>
        <button type="button" className="relative mt-1 grid place-items-center rounded-full max-md:mt-0 max-md:size-10">
          <Avatar name={operator.name} id={operator.id} className="size-9 text-xs" />
          <Dot tone={statusTone[operator.status]} className="absolute -right-0.5 -bottom-0.5 size-3 border-2 border-background max-md:right-0 max-md:bottom-0" />
          <span className="sr-only">{`${t.nav.account}: ${operator.name}, ${t.account[operator.status]}`}</span>
        </button>
      </MenuTrigger>
      <MenuContent side="right" align="end">
        <div className="px-2.5 pt-1.5 pb-2">
          <p className="font-semibold">{operator.name}</p>
          <p className="text-xs text-subtle">{operator.email || operator.login}</p>
        </div>
        <MenuSeparator />
        <MenuLabel>{t.account.status}</MenuLabel>
        {statuses.map((status) => (
          <MenuChoice key={status} checked={operator.status === status} onSelect={() => setStatus(status)}><Dot tone={statusTone[status]} />{t.account[status]}</MenuChoice>
        ))}
        <MenuSeparator />
        <MenuItem onSelect={() => navigate("/settings/profile")}><UserRound />{t.account.profile}</MenuItem>
        <MenuItem onSelect={() => navigate("/settings/preferences")}><Settings />{t.settings.sections.preferences}</MenuItem>
        <MenuItem onSelect={() => void signOut()}><LogOut />{t.account.signOut}</MenuItem>
      </MenuContent>
    </Menu>
  )
}
