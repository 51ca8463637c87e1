import { MessageSquare, RotateCw, Trash2 } from "lucide-react"
import type { DeadLetter } from "@/contract"
import { useMe } from "@/features/access"
import { useLocale, useT } from "@/shared/i18n"
import { formatMoment } from "@/shared/i18n/dates"
import { usable, type Action } from "@/shared/lib/action"
import { cn } from "@/shared/lib/cn"
import { queryClient } from "@/shared/lib/query"
import { navigate } from "@/shared/lib/router"
import { kindName, reasonText } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import { Moment } from "@/shared/ui/moment"
import { toast, toastFailure } from "@/shared/ui/toast"
import { getT } from "@/shared/i18n"
import { deadLettersKey, useDeadLetters } from "./get-dead-letters"
import { removeDeadLetter } from "./remove-dead-letter"
import { retryDeadLetter } from "./retry-dead-letter"

async function settle(work: Promise<unknown>, done: string): Promise<void> {
  try {
    await work
    toast.done(done)
  } catch (error) {
    toastFailure(error)
  }
  void queryClient.invalidateQueries({ queryKey: deadLettersKey })
}

const actions: readonly Action<DeadLetter>[] = [
  { id: "dead-letter.retry", icon: RotateCw, name: (t) => t.message.retry, run: (letter) => settle(retryDeadLetter(letter.id), getT().failed.retried) },
  { id: "dead-letter.open", icon: MessageSquare, name: (t) => t.failed.open, run: (letter) => navigate(`/c/${letter.message.conversation_id}`) },
  { id: "dead-letter.remove", icon: Trash2, name: (t) => t.common.remove, permission: "outbox.dismiss", run: (letter) => settle(removeDeadLetter(letter.id), getT().failed.removed) },
]

/** Replies and copies that could not be delivered. */
export function DeadLetters() {
  const t = useT()
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useDeadLetters()
  const letters = data?.pages.flatMap((page) => page.data) ?? []
  if (letters.length === 0) return null
  return (
    <section aria-labelledby="dead-letters-title">
      <h3 id="dead-letters-title" className="font-semibold">{t.failed.messages}</h3>
      <p className="mt-1 mb-4 text-sm text-muted-foreground">{t.failed.messagesBody}</p>
      <ul className="flex flex-col gap-3">{letters.map((letter) => <Letter key={letter.id} letter={letter} />)}</ul>
      {hasNextPage && <Button variant="outline" className="mt-4" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>{t.common.loadMore}</Button>}
    </section>
  )
}

function Letter({ letter }: { letter: DeadLetter }) {
  const t = useT()
  const locale = useLocale()
  const session = useMe()
  const copy = letter.purpose === "copy"
  const uncertain = !copy && letter.message.delivery === "uncertain"
  return (
    <li data-testid="dead-letter" data-id={letter.id} className="rounded-xl border bg-surface p-4">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 text-[13px]">
        <span className="font-medium">{copy ? t.failed.copyOf(letter.customer_name) : t.failed.to(letter.customer_name)}</span>
        <span className="text-subtle"><Moment at={letter.failed_at}>{formatMoment(locale, letter.failed_at)}</Moment> · {t.failed.attempts(letter.attempts)}</span>
      </div>
      <p className="mt-1.5 line-clamp-3 text-sm wrap-anywhere">{letter.message.text || kindName(letter.message.kind)}</p>
      <p className={cn("mt-2 text-[13px] wrap-anywhere", uncertain ? "text-warning" : "text-destructive")}>
        <span className="font-medium">{uncertain ? t.message.uncertain : t.message.failed}:</span> {uncertain ? t.message.uncertainHint : reasonText(letter.error, t)}
      </p>
      <div className="mt-3 flex flex-wrap gap-2 max-md:gap-1">
        {actions.filter((action) => usable(action, session, letter)).map((action) => (
          <Button key={action.id} variant={action.id === "dead-letter.retry" ? "soft" : "ghost"} size="sm" className={cn("max-md:px-2.5", action.id === "dead-letter.remove" && "max-md:ml-auto")} onClick={() => void action.run(letter)}>
            <action.icon />
            <span className={action.id === "dead-letter.remove" ? "max-md:sr-only" : ""}>{action.name(t, letter)}</span>
          </Button>
        ))}
      </div>
    </li>
  )
}
