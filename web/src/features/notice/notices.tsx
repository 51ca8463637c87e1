import { ArrowRight, X } from "lucide-react"
import { useEffect, useState } from "react"
import { createPortal } from "react-dom"
import { openConversationAt } from "@/features/conversation"
import { useT } from "@/shared/i18n"
import { useAttention, useSwipeAway } from "@/shared/lib/hooks"
import { currentPath, usePath } from "@/shared/lib/router"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { useCorner } from "@/shared/ui/toast"
import { dismissNotice, useNotices, type Notice } from "./notify"

const shownMs = 9000

/**
 * Cards with new messages in the operator's own conversations, placed where they cover neither messages nor the field. Each stays
 * until it was visible for some time. The announcer reads them out, so they are no live region.
 */
export function Notices({ phone }: { phone: boolean }) {
  const t = useT().notify
  const list = useNotices()
  const path = usePath()
  const corner = useCorner()
  useEffect(() => {
    const open = /^\/c\/(\d+)$/.exec(currentPath())?.[1]
    if (open) dismissNotice(Number(open))
  }, [path])
  if (list.length === 0) return null
  const cards = (className: string) => (
    <section aria-label={t.region} data-testid="notices" className={className}>
      {list.map((notice) => <Card key={notice.conversation} notice={notice} />)}
    </section>
  )
  if (phone) return cards("pointer-events-none fixed inset-x-3 top-[calc(4.25rem+env(safe-area-inset-top))] z-40 flex flex-col gap-2")
  return corner && createPortal(cards("flex flex-col gap-2"), corner)
}

function Card({ notice: { conversation, customer, text, count } }: { notice: Notice }) {
  const t = useT()
  const attentive = useAttention()
  const [held, setHeld] = useState(false)
  const swipe = useSwipeAway(() => dismissNotice(conversation))
  useEffect(() => {
    if (!attentive || held) return
    const timer = setTimeout(() => dismissNotice(conversation), shownMs)
    return () => clearTimeout(timer)
  }, [attentive, held, conversation, count])
  const open = () => {
    dismissNotice(conversation)
    openConversationAt(conversation, "composer")
  }
  return (
    <article
      data-testid="notice"
      {...swipe}
      className="pointer-events-auto flex animate-rise items-start gap-3 rounded-xl border bg-surface p-3 shadow-lg"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Avatar name={customer.name} id={customer.id} className="size-9 shrink-0 text-xs" />
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-1.5 text-[13px] font-semibold">
          <span dir="auto" className="truncate">{customer.name}</span>
          {count > 1 && <span className="shrink-0 rounded-full bg-primary px-1.5 text-[11px] leading-4.5 text-primary-foreground tabular-nums"><span aria-hidden="true">{count}</span><span className="sr-only">{t.inbox.unread(count)}</span></span>}
        </p>
        <p dir="auto" className="mt-0.5 line-clamp-2 text-[13px] text-muted-foreground wrap-anywhere">{text}</p>
        <Button variant="link" size="text" className="mt-1 text-[13px] max-md:min-h-11 max-md:min-w-11" aria-label={t.notify.openOf(customer.name)} onClick={open}>{t.notify.open}<ArrowRight /></Button>
      </div>
      <Button variant="ghost" size="icon-sm" className="-mt-1.5 -mr-1.5 shrink-0 max-md:size-11" aria-label={t.common.close} onClick={() => dismissNotice(conversation)}><X /></Button>
    </article>
  )
}
