import { Zap } from "lucide-react"
import { DemoMark } from "@/features/access"
import { BotLamp } from "@/features/bot"
import { AccountMenu } from "@/features/operator"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { Link, usePath } from "@/shared/lib/router"
import { Button } from "@/shared/ui/button"
import { ConnectionLamp } from "@/shared/ui/connection"
import { Logo } from "@/shared/ui/logo"
import { Tooltip } from "@/shared/ui/tooltip"
import { features } from "./features"
import { palette } from "./ui-state"

const places = features.flatMap((feature) => feature.places ?? [])

/** If an address belongs to several places, the first counts. */
function usePlaces() {
  const path = usePath()
  const here = places.find(({ here: isHere }) => isHere(path))
  // eslint-disable-next-line react-hooks/rules-of-hooks -- the places are always the same
  return places.map(({ useHref, ...place }) => ({ ...place, href: useHref(), current: place.id === here?.id }))
}

export function NavRail() {
  const t = useT()
  return (
    <nav aria-label={t.nav.main} className="flex w-16 shrink-0 flex-col items-center gap-1 border-r bg-background pt-3 pb-3">
      <Link href="/inbox/waiting" aria-label={t.app.name} className="mb-4 rounded-[10px]"><Logo className="size-9" /></Link>
      {usePlaces().map(({ id, href, icon: Icon, name, current, Count }) => (
        <Tooltip key={id} label={name(t)} side="right">
          <Link
            href={href}
            aria-current={current ? "page" : undefined}
            className={cn("relative grid size-10 place-items-center rounded-xl text-muted-foreground transition-colors hover:bg-accent hover:text-foreground", current && "bg-primary-soft text-link hover:bg-primary-soft hover:text-link")}
          >
            <Icon className="size-[19px]" aria-hidden="true" />
            <span className="sr-only">{name(t)}</span>
            {Count && <Count className="absolute -top-0.5 -right-1" />}
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

/** At the bottom of a phone: the same places, wide enough for a thumb. */
export function PhoneNav() {
  const t = useT()
  return (
    <nav aria-label={t.nav.main} className="flex shrink-0 items-stretch border-t bg-surface pb-[env(safe-area-inset-bottom)]">
      {usePlaces().map(({ id, href, icon: Icon, name, short, current, Count }) => (
        <Link key={id} href={href} aria-current={current ? "page" : undefined} className={cn("flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-[11px] text-muted-foreground", current && "font-medium text-link")}>
          <span className="relative">
            <Icon className="size-5" aria-hidden="true" />
            {Count && <Count className="absolute -top-2 left-3 border-surface" />}
          </span>
          {(short ?? name)(t)}
        </Link>
      ))}
    </nav>
  )
}
