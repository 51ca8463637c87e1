import { Ban, ExternalLink, Star, X } from "lucide-react"
import type { ReactNode } from "react"
import type { Conversation } from "@/contract"
import { useMe } from "@/features/access"
import { blockAction, unblockAction, type ConversationContext } from "@/features/conversation"
import { useOperator, useOperators } from "@/features/operator"
import { useLocale, useT } from "@/shared/i18n"
import { languageName } from "@/shared/i18n/languages"
import { formatBrief, formatDate } from "@/shared/i18n/dates"
import { usable } from "@/shared/lib/action"
import { Link } from "@/shared/lib/router"
import { channelName, statusName } from "@/shared/lib/words"
import { Avatar } from "@/shared/ui/avatar"
import { Button } from "@/shared/ui/button"
import { Badge } from "@/shared/ui/misc"
import { Moment } from "@/shared/ui/moment"
import { useDevices } from "./get-devices"

/** The details of the customer. They are part of the conversation, so no request is needed. */
export function CustomerDetails({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const t = useT()
  const locale = useLocale()
  const holder = useOperator(conversation.assignee_id)
  const { customer } = conversation
  const { data: seen } = useDevices(customer)
  const banner = useOperator(customer.banned_by ?? null)
  const permissions = useMe()
  const context: ConversationContext = { conversation, me: permissions.operator, operators: useOperators(), permissions }
  const blocks = [blockAction, unblockAction].filter((action) => usable(action, permissions, context))
  return (
    <div className="flex h-full flex-col" data-testid="customer-details">
      <header className="flex h-15 shrink-0 items-center justify-between border-b pr-3 pl-5">
        <h2 className="text-sm font-semibold">{t.customer.title}</h2>
        <Button variant="ghost" size="icon-sm" aria-label={t.customer.hide} onClick={onClose}><X /></Button>
      </header>
      <div className="scroll-area scroll-hint min-h-0 flex-1 p-5">
        <div className="flex flex-col items-center text-center">
          <Avatar name={customer.name} id={customer.id} photo={customer.photo_id} className="size-18 text-2xl" />
          <p dir="auto" className="mt-3 text-base font-semibold wrap-anywhere">{customer.name}</p>
          {customer.username && <p className="text-[13px] text-subtle">@{customer.username}</p>}
          {customer.premium && <Badge tone="primary" className="mt-3"><Star className="size-3" aria-hidden="true" />{t.customer.premium}</Badge>}
          {customer.blocked && <Badge tone="danger" className="mt-3"><Ban className="size-3" aria-hidden="true" />{customer.deactivated ? t.customer.deactivated : t.customer.blocked}</Badge>}
          {customer.banned_at && <Badge tone="danger" className="mt-3" data-testid="customer-banned"><Ban className="size-3" aria-hidden="true" />{t.customer.banned}</Badge>}
          {customer.username && customer.channel === "telegram" && (
            <Button asChild variant="outline" size="sm" className="mt-4">
              <a href={`https://t.me/${customer.username}`} target="_blank" rel="noopener noreferrer"><ExternalLink />{t.customer.openTelegram}</a>
            </Button>
          )}
        </div>
        <dl className="mt-6 flex flex-col gap-3.5 border-t pt-5 text-[13px]">
          <Fact name={t.customer.status}>{statusName(conversation, t)}</Fact>
          <Fact name={t.customer.assignee}><bdi>{holder?.name ?? t.customer.nobody}</bdi></Fact>
          <Fact name={t.customer.channel}>{channelName(customer, t)}</Fact>
          {customer.language && <Fact name={t.customer.language}>{languageName(locale, customer.language)}</Fact>}
          {customer.source && <Fact name={t.customer.source}><bdi>{customer.source}</bdi></Fact>}
          {customer.source_tag && <Fact name={t.customer.sourceTag}><Link href={`/inbox/all?${new URLSearchParams({ tag: customer.source_tag })}`} title={t.customer.sameTag} className="text-link underline-offset-2 hover:underline"><bdi>{customer.source_tag}</bdi></Link></Fact>}
          {customer.start_payload && <Fact name={t.customer.link}><span className="font-mono text-xs">{customer.start_payload}</span></Fact>}
          {seen?.last_seen_at && <Fact name={t.customer.lastSeen}><Moment at={seen.last_seen_at}>{formatBrief(locale, seen.last_seen_at)}</Moment></Fact>}
          {seen && seen.devices.length > 0 && <Fact name={t.customer.devices}>{seen.devices.map(({ platform }) => platform || t.customer.device).join(", ")}</Fact>}
          <Fact name={t.customer.messages}>{t.number(conversation.inbound_count)}</Fact>
          <Fact name={t.customer.since}><time dateTime={customer.created_at}>{formatDate(locale, customer.created_at)}</time></Fact>
          {customer.banned_at && <Fact name={t.customer.bannedAt}><time dateTime={customer.banned_at}>{formatDate(locale, customer.banned_at)}</time></Fact>}
          {banner && <Fact name={t.customer.bannedBy}><bdi>{banner.name}</bdi></Fact>}
          {conversation.closed_at && <Fact name={t.customer.closedAt}><time dateTime={conversation.closed_at}>{formatDate(locale, conversation.closed_at)}</time></Fact>}
          <Fact name={t.customer.id}>{customer.id}</Fact>
        </dl>
        {blocks.map((action) => (
          <Button key={action.id} variant="outline" size="sm" className="mt-5 w-full" onClick={() => void action.run(context)}><action.icon />{action.name(t, context)}</Button>
        ))}
      </div>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="shrink-0 text-subtle">{name}</dt>
      <dd className="min-w-0 text-right font-medium wrap-anywhere [&>time]:whitespace-nowrap">{children}</dd>
    </div>
  )
}
