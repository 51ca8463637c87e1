import { ArrowRight, Copy, ExternalLink, PartyPopper, Send } from "lucide-react"
import { useEffect, useRef, useState, type ReactNode } from "react"
import type { Bot, Conversation } from "@/contract"
import { useMe } from "@/features/access"
import { openConversationAt, useConversations, useCounts, type ListFilter } from "@/features/conversation"
import { useT } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { messageLine } from "@/shared/lib/words"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { useBot } from "./get-bot"
import QrCode from "./qr-code"

const everything: ListFilter = { status: "all", assignee: "any", q: "" }

/**
 * For a desk with a bot to which nobody has written yet: how to send the first message, which is shown as soon as it arrives.
 * In any other case the fallback is shown.
 */
export function FirstSteps({ fallback, className }: { fallback: ReactNode; className?: string }) {
  const bot = useBot()
  const counts = useCounts()
  const quiet = useRef(false)
  if (counts && counts.waiting === 0 && counts.active === 0) quiet.current = true
  const ready = (bot?.state === "ok" || bot?.state === "connecting") && bot.username !== null
  return ready && quiet.current ? <WhenEmpty bot={bot} fallback={fallback} className={className} /> : fallback
}

function WhenEmpty({ bot, fallback, className }: { bot: Bot; fallback: ReactNode; className: string | undefined }) {
  const { data } = useConversations(everything)
  const [began, setBegan] = useState(false)
  const spoken = data?.rows.findLast(({ conversation }) => conversation.inbound_count > 0)?.conversation
  const empty = data !== undefined && spoken === undefined
  useEffect(() => {
    if (empty) setBegan(true)
  }, [empty])
  if (!empty && !began) return fallback
  const started = data?.rows.at(-1)?.conversation.customer.name ?? null
  return (
    <div className={className ?? "contents"}>
      <section data-testid="first-steps" aria-labelledby="first-steps" className="w-full max-w-lg animate-rise rounded-2xl border bg-surface p-6 shadow-md md:p-8">
        {spoken ? <Arrived conversation={spoken} /> : <Invitation username={bot.username ?? ""} started={started} />}
      </section>
    </div>
  )
}

/** started: the name of a customer who has pressed Start and not written yet. */
function Invitation({ username, started }: { username: string; started: string | null }) {
  const t = useT().bot
  const { copy } = useT().common
  const { open } = useT().demo
  const { demo, demo_url } = useMe()
  const address = `https://t.me/${username}`
  const simulated = demo && demo_url !== undefined
  return (
    <>
      <span aria-hidden="true" className="grid size-12 place-items-center rounded-2xl bg-primary-soft text-link"><Send className="size-5.5" /></span>
      <h2 id="first-steps" className="mt-4 text-xl font-semibold tracking-tight">{t.firstTitle}</h2>
      <div className="mt-2 flex flex-wrap items-start justify-between gap-6">
        <div className="min-w-48 flex-1 basis-52">
          <p className="text-sm text-muted-foreground">{t.firstBody(`@${username}`)}</p>
          <div className="mt-5 flex flex-wrap gap-2">
            <Button asChild><a href={simulated ? demo_url : address} target="_blank" rel="noopener noreferrer">{simulated ? open : t.firstOpen(`@${username}`)}<ExternalLink /></a></Button>
            <Button variant="outline" aria-label={t.firstCopy} onClick={() => void copyText(address)}><Copy />{copy}</Button>
          </div>
        </div>
        {!simulated && <QrCode text={address} label={t.firstQr(`@${username}`)} caption={t.firstScan} />}
      </div>
      <p role="status" className="mt-6 flex items-center gap-2.5 border-t pt-4 text-[13px] text-muted-foreground">
        <span aria-hidden="true" className="size-2 animate-dot rounded-full bg-success-dot" />
        {started === null ? t.firstWaiting : t.firstStarted(started)}
      </p>
    </>
  )
}

function Arrived({ conversation: { id, customer, last_message } }: { conversation: Conversation }) {
  const t = useT()
  return (
    <div role="status">
      <span aria-hidden="true" className="grid size-12 place-items-center rounded-2xl bg-success-soft text-success"><PartyPopper className="size-5.5" /></span>
      <h2 id="first-steps" className="mt-4 text-xl font-semibold tracking-tight">{t.bot.firstArrived}</h2>
      <div className="my-5 flex items-start gap-3">
        <Avatar name={customer.name} id={customer.id} photo={customer.photo_id} className="size-10 shrink-0 text-sm" />
        <div className="min-w-0 rounded-2xl rounded-bl-md bg-muted px-3.5 py-2.5 text-sm">
          <p dir="auto" className="font-semibold wrap-anywhere">{customer.name}</p>
          {last_message && <p dir="auto" className="mt-0.5 wrap-anywhere">{last_message.kind === "system" ? t.message.system.started : messageLine(last_message, t)}</p>}
        </div>
      </div>
      <Button onClick={() => openConversationAt(id, "composer")}>{t.bot.firstAnswer}<ArrowRight /></Button>
    </div>
  )
}
