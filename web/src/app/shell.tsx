import { Compass } from "lucide-react"
import { use, useEffect, useRef, useState } from "react"
import { meKey, useMe } from "@/features/access"
import { Chat } from "@/features/inbox"
import { openDrafts, openOutgoing } from "@/features/message"
import { Notices, useSpoken } from "@/features/notice"
import { useT } from "@/shared/i18n"
import { usePhone } from "@/shared/lib/hooks"
import { whenIdle } from "@/shared/lib/idle"
import { queryClient } from "@/shared/lib/query"
import { navigate, usePath } from "@/shared/lib/router"
import { useStore } from "@/shared/lib/store"
import { startRealtime } from "@/shared/realtime/client"
import { Button } from "@/shared/ui/button"
import { ConnectionBar } from "@/shared/ui/connection"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { MissingPart } from "@/shared/ui/missing-part"
import { part, PartFrame } from "@/shared/ui/part"
import { applyEphemeral, applyEvents, refetchEverything, refetchUnplaced } from "./apply-events"
import { firstAnswers } from "./first-answers"
import { NavRail, PhoneNav } from "./nav"
import { PaletteField } from "./palette-frame"
import { screenOf, SettingsPage } from "./routes"
import { palette } from "./ui-state"
import { useShortcuts } from "./use-shortcuts"

const Palette = part(() => import("./palette"))
const HelpSheet = part(() => import("./help-sheet"))

/** The signed-in panel: navigation at the side (below, on a phone), and the page. */
export default function Shell() {
  const t = useT()
  const { operator: { id: me }, own_permissions } = useMe()
  use(firstAnswers(me))
  const phone = usePhone()
  const screen = screenOf(usePath())
  const overlay = useStore(palette)
  useShortcuts()
  usePartsInTime()
  useReach(own_permissions.join())
  // Before the first field is drawn.
  useState(() => {
    openDrafts(me)
    openOutgoing(me)
  })

  useEffect(
    () => startRealtime({
      onEvents: (batch, known) => applyEvents(batch, me, known),
      onEphemeral: (frame) => applyEphemeral(frame, me),
      onRefetch: refetchEverything,
      onFirst: refetchUnplaced,
      onRefused: () => void queryClient.invalidateQueries({ queryKey: meKey }),
    }),
    [me],
  )

  return (
    <div className="flex h-full flex-col">
      <a href="#content" className="sr-only z-50 rounded-lg bg-primary px-4 py-2 text-primary-foreground focus:not-sr-only focus:absolute focus:top-2 focus:left-2">{t.app.skip}</a>
      <ConnectionBar />
      <div className="flex min-h-0 flex-1">
        {!phone && <NavRail />}
        <div id="content" className="flex min-w-0 flex-1">
          <Page screen={screen} />
        </div>
      </div>
      {phone && !screen?.whole && <PhoneNav />}
      <Notices phone={phone} />
      <Announcer />
      {overlay === "commands" && <PartFrame waiting={<PaletteField onClose={closePalette} />} onMissing={closePalette}><Palette onClose={closePalette} /></PartFrame>}
      {overlay === "help" && <PartFrame onMissing={closePalette}><HelpSheet onClose={closePalette} /></PartFrame>}
    </div>
  )
}

const closePalette = () => palette.set("closed")

/**
 * Loads the script of the next page when the first one is drawn, and the scripts of dialogs at the first input: by then they do
 * not delay the first page, and later the connection may be lost.
 */
function usePartsInTime(): void {
  useEffect(() => whenIdle(() => Chat.ahead()), [])
  useEffect(() => {
    const signs = ["pointerdown", "pointermove", "keydown"] as const
    const fetchAll = () => {
      for (const sign of signs) removeEventListener(sign, fetchAll)
      for (const each of [Chat, SettingsPage, Palette, HelpSheet]) void each.ahead()
    }
    for (const sign of signs) addEventListener(sign, fetchAll)
    return () => signs.forEach((sign) => removeEventListener(sign, fetchAll))
  }, [])
}

/** With a role of another reach the cached lists are no longer those that the server returns. */
function useReach(reach: string): void {
  const before = useRef(reach)
  useEffect(() => {
    if (before.current !== reach) refetchEverything()
    before.current = reach
  }, [reach])
}

function Page({ screen }: { screen: ReturnType<typeof screenOf> }) {
  const t = useT()
  if (screen)
    return (
      <PartFrame key={screen.name} waiting={<div className="flex-1 p-8"><Skeleton className="h-40 rounded-2xl" /></div>} missing={(again) => <MissingPart again={again} />}>
        {screen.page}
      </PartFrame>
    )
  return (
    <main className="flex-1">
      <EmptyState page icon={Compass} title={t.app.notFoundTitle} body={t.app.notFoundBody}>
        <Button onClick={() => navigate("/inbox/waiting")}>{t.app.toInbox}</Button>
      </EmptyState>
    </main>
  )
}

function Announcer() {
  return <div role="status" aria-live="polite" className="sr-only">{useSpoken()}</div>
}
