import { ExternalLink } from "lucide-react"
import { useMe } from "@/features/access"
import { useT } from "@/shared/i18n"
import { allows } from "@/shared/lib/action"
import { Button } from "@/shared/ui/button"
import { TokenForm } from "./token-form"

/** For a new desk, which needs a bot first: explains the three steps, and has a field for the token. */
export function BotSetupCard() {
  const t = useT().bot
  const manages = allows(useMe(), "bot.manage")
  return (
    <section aria-labelledby="bot-setup" data-testid="bot-setup" className="w-full max-w-lg animate-rise rounded-2xl border bg-surface p-6 shadow-md md:p-8">
      <TelegramMark />
      <h2 id="bot-setup" className="mt-4 text-xl font-semibold tracking-tight">{t.setupTitle}</h2>
      <p className="mt-1.5 text-sm text-muted-foreground">{manages ? t.setupBody : t.unsetBody}</p>
      {manages ? (
        <>
          <BotFatherSteps />
          <TokenForm of="first" action={t.connect} />
        </>
      ) : (
        <p className="mt-4 rounded-lg bg-muted px-3 py-2.5 text-sm text-muted-foreground">{t.askAdmin}</p>
      )}
    </section>
  )
}

/** How to get a token. */
export function BotFatherSteps() {
  const t = useT().bot
  return (
    <ol className="my-6 flex flex-col gap-3.5">
      {[t.step1, t.step2, t.step3].map((step, index) => (
        <li key={step} className="flex gap-3 text-sm">
          <span className="grid size-6 shrink-0 place-items-center rounded-full bg-primary-soft text-xs font-semibold text-link" aria-hidden="true">{index + 1}</span>
          <span className="pt-0.5">
            {step}
            {index === 0 && (
              <Button asChild variant="link" size="text" className="mt-1 flex w-fit gap-1.5 max-md:min-h-10"><a href="https://t.me/BotFather" target="_blank" rel="noopener noreferrer">{t.openBotFather}<ExternalLink /></a></Button>
            )}
          </span>
        </li>
      ))}
    </ol>
  )
}

function TelegramMark() {
  return (
    <span aria-hidden="true" className="grid size-12 place-items-center rounded-2xl bg-[#229ed9] text-white">
      <svg viewBox="0 0 24 24" className="size-6" fill="currentColor"><path d="M21.6 3.2 2.9 10.4c-1 .4-1 1.2-.2 1.5l4.7 1.5 1.8 5.5c.2.6.4.8.8.8s.6-.2.9-.5l2.3-2.2 4.7 3.5c.9.5 1.5.2 1.7-.8l3.1-15c.3-1.2-.4-1.8-1.1-1.5ZM8.5 13.1l9.3-5.9c.4-.3.8-.1.5.2l-7.7 7-.3 3.3-1.8-4.6Z" /></svg>
    </span>
  )
}
