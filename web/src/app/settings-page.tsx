import { ArrowLeft } from "lucide-react"
import { useEffect, type ReactElement } from "react"
import { useMe } from "@/features/access"
import { pages as apps } from "@/features/apps/settings"
import { pages as audit } from "@/features/audit/settings"
import { pages as bot } from "@/features/bot/settings"
import { pages as link } from "@/features/link/settings"
import { pages as operator } from "@/features/operator/settings"
import { pages as outbox } from "@/features/outbox/settings"
import { ProxyWarning } from "@/features/setting"
import { pages as setting } from "@/features/setting/settings"
import { pages as source } from "@/features/source/settings"
import { pages as storage } from "@/features/storage/settings"
import { useT } from "@/shared/i18n"
import { allows } from "@/shared/lib/action"
import { cn } from "@/shared/lib/cn"
import { usePhone } from "@/shared/lib/hooks"
import { Link, navigate } from "@/shared/lib/router"
import { useDocumentTitle } from "@/shared/lib/title"
import { Button } from "@/shared/ui/button"
import type { Section } from "./features"
import { sections } from "./sections"

const pages: Record<Section, ReactElement> = { ...bot, ...apps, ...setting, ...source, ...storage, ...operator, ...link, ...outbox, ...audit }

export default function SettingsPage({ section }: { section: string | null }) {
  const t = useT()
  const phone = usePhone()
  const session = useMe()
  const allowed = sections.filter(({ permission }) => allows(session, permission))
  const current = allowed.find((page) => page.section === section)
  useDocumentTitle(`${current ? current.name(t) : t.settings.title} · ${t.app.name}`)

  useEffect(() => {
    if (!current && (!phone || section)) navigate(phone ? "/settings" : `/settings/${allowed[0]?.section ?? ""}`, { replace: true })
  }, [current, phone, section, allowed])

  const menu = (
    <nav aria-label={t.settings.title} className={cn("flex flex-col gap-0.5", phone ? "p-3" : "w-60 shrink-0 border-r bg-surface px-3")}>
      <h1 className={cn("px-2.5 text-lg font-semibold tracking-tight", phone ? "py-2" : "flex h-15 items-center")}>{t.settings.title}</h1>
      {allowed.map(({ section: id, icon: Icon, name }) => (
        <Link key={id} href={`/settings/${id}`} aria-current={id === section ? "page" : undefined}
          className={cn("flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm text-muted-foreground hover:bg-accent hover:text-foreground max-md:h-12 max-md:text-[15px]", id === section && "bg-primary-soft font-medium text-link hover:bg-primary-soft hover:text-link")}
        >
          <Icon className="size-4 max-md:size-5" aria-hidden="true" />
          {name(t)}
        </Link>
      ))}
    </nav>
  )
  if (phone && !current) return <main className="flex-1 bg-surface">{menu}</main>
  return (
    <>
      {!phone && menu}
      <main className="scroll-area min-w-0 flex-1">
        <div className="mx-auto max-w-2xl px-4 py-6 md:px-8 md:py-8 [&_p]:text-pretty">
          {phone && <h1 className="sr-only">{t.settings.title}</h1>}
          {phone && <Button variant="ghost" size="sm" className="mb-3 -ml-2" onClick={() => navigate("/settings")}><ArrowLeft />{t.settings.title}</Button>}
          <ProxyWarning />
          {current && pages[current.section as Section]}
        </div>
      </main>
    </>
  )
}
