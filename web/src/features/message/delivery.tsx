import { Check, CheckCheck, CircleAlert, CircleHelp, Clock, RotateCw } from "lucide-react"
import { createContext, useContext } from "react"
import type { Change, Delivery } from "@/contract"
import { useT } from "@/shared/i18n"
import { reasonText } from "@/shared/lib/words"
import { Countdown } from "@/shared/ui/countdown"
import { Tooltip } from "@/shared/ui/tooltip"

/** The last answer that the customer has seen; null where the channel cannot tell, as a bot cannot. */
export const SeenUpTo = createContext<number | null>(null)

/** What is known of a message on its way out. */
export function DeliveryMark({ delivery, id }: { delivery: Delivery | "pending"; id: number | null }) {
  const t = useT().message
  const seen = useContext(SeenUpTo)
  if (delivery === "sent" && id !== null && seen !== null && id <= seen) return <Mark icon={CheckCheck} label={t.seen} />
  switch (delivery) {
    case "sent":
      return <Mark icon={Check} label={t.sent} />
    case "failed":
      return <Mark icon={CircleAlert} label={t.failed} className="text-destructive" />
    case "uncertain":
      return <Mark icon={CircleHelp} label={t.uncertain} className="text-warning" />
    case "queued":
      return <Mark icon={Clock} label={t.queued} />
    case "sending":
    case "pending":
      return <Mark icon={Clock} label={t.sending} />
  }
}

function Mark({ icon: Icon, label, className = "" }: { icon: typeof Check; label: string; className?: string }) {
  return (
    <Tooltip label={label} side="top">
      <span role="img" aria-label={label} className={className}><Icon className="size-3.5" aria-hidden="true" /></span>
    </Tooltip>
  )
}

interface FailureProps {
  kind: "failed" | "uncertain" | "waits"
  reason: string | null
  onRetry: () => void
  onDiscard?: (() => void) | undefined
}

const tones = { failed: "text-destructive", uncertain: "text-warning", waits: "text-muted-foreground" }

/** Under the bubble: what went wrong, in the channel's own words, and the way on. */
export function FailureLine({ kind, reason, onRetry, onDiscard }: FailureProps) {
  const words = useT()
  const t = words.message
  const why = kind === "uncertain" ? t.uncertainHint : kind === "failed" && reason ? reasonText(reason, words) : null
  return (
    <div className="mt-1 flex max-w-full flex-wrap items-center justify-end gap-x-2 text-right gap-y-0.5 text-xs">
      <span className={tones[kind]}>{why ? `${t[kind]}: ${why}` : t[kind]}</span>
      <button type="button" onClick={onRetry} className="inline-flex min-h-6 items-center gap-1 rounded font-medium text-link hover:underline max-md:min-h-10">
        <RotateCw className="size-3" aria-hidden="true" />
        {t.retry}
      </button>
      {onDiscard && <button type="button" onClick={onDiscard} className="min-h-6 rounded text-muted-foreground hover:underline max-md:min-h-10">{t.discard}</button>}
    </div>
  )
}

/** Under the bubble: how long the channel asks to wait before the message can be sent. */
export function WaitLine({ until }: { until: string }) {
  const t = useT().message
  return (
    <p data-testid="wait" className="mt-1 text-right text-xs text-muted-foreground"><Countdown until={until}>{(left) => t.askedToWait(left)}</Countdown></p>
  )
}

/** Under the bubble: a change that the channel refused. The desk shows it as the operator wanted it. */
export function ChangeLine({ change: { what, error }, onRetry, onEdit }: { change: Change; onRetry: () => void; onEdit?: (() => void) | undefined }) {
  const words = useT()
  const t = words.message
  const link = "min-h-6 rounded font-medium text-link hover:underline max-md:min-h-10"
  return (
    <div role="status" data-testid="failed-change" className="mt-1 flex max-w-full flex-wrap items-center justify-end gap-x-2 gap-y-0.5 text-right text-xs">
      <span className="text-destructive">{t.changeFailed[what]}{error && `: ${reasonText(error, words)}`}</span>
      {/* A refused reaction is not kept, so there is nothing to try again. */}
      {what === "reaction" ? <button type="button" onClick={onRetry} className={link}>{t.discard}</button> : <button type="button" onClick={onRetry} className={`inline-flex items-center gap-1 ${link}`}><RotateCw className="size-3" aria-hidden="true" />{words.common.retry}</button>}
      {onEdit && <button type="button" onClick={onEdit} className={link}>{t.editAgain}</button>}
    </div>
  )
}
