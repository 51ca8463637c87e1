import { Compass } from "lucide-react"
import { use, useEffect, useState } from "react"
import { meKey, useMe } from "@/features/access"
import { openDrafts, openOutgoing } from "@/features/message"
import { useT } from "@/shared/i18n"
import { usePhone } from "@/shared/lib/hooks"
import { whenIdle } from "@/shared/lib/idle"
import { queryClient } from "@/shared/lib/query"
import { navigate, usePath } from "@/shared/lib/router"
import { useStore } from "@/shared/lib/store"
import { startRealtime } from "@/shared/realtime/client"
import { Button } from "@/shared/ui/button"
import { EmptyState, Skeleton } from "@/shared/ui/misc"
import { part, PartFrame } from "@/shared/ui/part"
import { applyEphemeral, applyEvents, refetchEverything, refetchUnplaced } from "./apply-events"
import { Chat } from "./chat-part"
import { ConnectionBar } from "./connection"
import { firstAnswers } from "./first-answers"
import { InboxPage } from "./inbox-page"
import { MissingPart } from "./missing-part"
import { NavRail, PhoneNav } from "./nav"
import { Notices } from "./notices"
import { useSpoken } from "./notify"
import { PaletteField } from "./palette-frame"
import { routeOf, type Route } from "./routes"
import { palette } from "./ui-state"
import { useShortcuts } from "./use-shortcuts"

const SettingsPage = part(() => import("./settings-page"))
const Palette = part(() => import("./palette"))
const HelpSheet = part(() => import("./help-sheet"))

/** The signed-in panel: navigation at the side (below, on a phone), and the page. */
export default function Shell() {
  const t = useT()
  const me = useMe().operator.id
  use(firstAnswers(me))
  const phone = usePhone()
  const route = routeOf(usePath())
  const overlay = useStore(palette)
  useShortcuts()
  usePartsInTime()
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

  const inChat = route.page === "inbox" && route.conversation !== null
  return (
    <div className="flex h-full flex-col">
      <a href="#content" className="sr-only z-50 rounded-lg bg-primary px-4 py-2 text-primary-foreground focus:not-sr-only focus:absolute focus:top-2 focus:left-2">{t.app.skip}</a>
      <ConnectionBar />
      <div className="flex min-h-0 flex-1">
        {!phone && <NavRail />}
        <div id="content" className="flex min-w-0 flex-1">
          <Page route={route} />
        </div>
      </div>
      {phone && !inChat && <PhoneNav />}
      <Notices phone={phone} />
      <Announcer />
      {overlay === "commands" && <PartFrame waiting={<PaletteField onClose={closePalette} />} onMissing={closePalette}><Palette onClose={closePalette} /></PartFrame>}
      {overlay === "help" && <PartFrame onMissing={closePalette}><HelpSheet onClose={closePalette} /></PartFrame>}
    </div>
  )
}

const closePalette = () => palette.set("closed")

/**
 * The next page comes when the first one is drawn. What waits behind a key comes as soon as someone is at work: by then it
 * hinders no first sight, and the line may go later.
 */
function usePartsInTime(): void {
  useEffect(() => whenIdle(() => Chat.ahead()), [])
  useEffect(() => {
    const signs = ["pointerdown", "pointermove", "keydown"] as const
    const fetchAll = () => {
      for (const sign of signs) removeEventListener(sign, fetchAll)
      for (const each of [Chat, SettingsPage, Palette, HelpSheet]) each.ahead()
    }
    for (const sign of signs) addEventListener(sign, fetchAll)
    return () => signs.forEach((sign) => removeEventListener(sign, fetchAll))
  }, [])
}

function Page({ route }: { route: Route }) {
  const t = useT()
  switch (route.page) {
    case "inbox":
      return <InboxPage conversation={route.conversation} />
    case "settings":
      return (
        <PartFrame waiting={<div className="flex-1 p-8"><Skeleton className="h-40 rounded-2xl" /></div>} missing={(again) => <MissingPart again={again} />}>
          <SettingsPage section={route.section} />
        </PartFrame>
      )
    case "missing":
      return (
        <main className="flex-1">
          <EmptyState page icon={Compass} title={t.app.notFoundTitle} body={t.app.notFoundBody}>
            <Button onClick={() => navigate("/inbox/waiting")}>{t.app.toInbox}</Button>
          </EmptyState>
        </main>
      )
  }
}

function Announcer() {
  return <div role="status" aria-live="polite" className="sr-only">{useSpoken()}</div>
}
