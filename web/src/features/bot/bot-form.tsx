import { useId, useState, type FormEvent } from "react"
import { limits, type BotChange, type BotSettings, type BotUpdates, type FirstContact } from "@/contract"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Field, FormError, Input, Textarea } from "@/shared/ui/field"
import { Switch } from "@/shared/ui/misc"
import { explain, toast, toastFailure } from "@/shared/ui/toast"
import { useChangeBot } from "./change-bots"
import { setLiveCard, useLiveCard } from "./live-card"

interface BotFormProps {
  id: number
  settings: BotSettings
  onClose: () => void
}

/** Null stands for the desk's own greeting, and for the configured address and proxy. */
interface Draft {
  greeting: string | null
  greeting_ru: string | null
  first_contact: FirstContact
  check_text: string
  check_text_ru: string
  block_text: string
  block_text_ru: string
  api_url: string
  proxy: string
  updates: BotUpdates
  /** Goes to a new address or proxy, so it is asked for again. */
  token: string
}

const texts = ["check_text", "check_text_ru", "block_text", "block_text_ru"] as const

/** Only what differs is sent: the proxy that is shown has no password, and an address is checked with Telegram each time. */
function changesOf(draft: Draft, settings: BotSettings): Partial<BotChange> {
  const change: Partial<BotChange> = {}
  if (draft.greeting !== settings.greeting) change.greeting = draft.greeting
  if (draft.greeting_ru !== settings.greeting_ru) change.greeting_ru = draft.greeting_ru
  if (draft.first_contact !== settings.first_contact) change.first_contact = draft.first_contact
  for (const field of texts) if (draft[field].trim() !== (settings[field] ?? "")) change[field] = draft[field].trim() || null
  if (draft.api_url.trim() !== (settings.api_url ?? "")) change.api_url = draft.api_url.trim() || null
  if (draft.proxy.trim() !== (settings.proxy ?? "")) change.proxy = draft.proxy.trim() || null
  if (draft.updates !== settings.updates) change.updates = draft.updates
  if (change.api_url || change.proxy) change.token = draft.token.trim()
  return change
}

export function BotForm({ id, settings, onClose }: BotFormProps) {
  const t = useT()
  const [draft, setDraft] = useState<Draft>({ greeting: settings.greeting, greeting_ru: settings.greeting_ru, first_contact: settings.first_contact, check_text: settings.check_text ?? "", check_text_ru: settings.check_text_ru ?? "", block_text: settings.block_text ?? "", block_text_ru: settings.block_text_ru ?? "", api_url: settings.api_url ?? "", proxy: settings.proxy ?? "", updates: settings.updates, token: "" })
  const { data: card } = useLiveCard(id)
  const [wantsCard, setWantsCard] = useState<boolean | null>(null)
  const change = useChangeBot(id)
  const own = draft.greeting !== null || draft.greeting_ru !== null
  const wanted = changesOf(draft, settings)
  const elsewhere = wanted.token !== undefined
  const edit = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part })
    change.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const done = () => {
      toast.done(t.bot.saved)
      onClose()
    }
    const cardChanges = wantsCard !== null && wantsCard !== card?.enabled
    const rest = Object.keys(wanted).length > 0 ? () => change.mutate(wanted, { onSuccess: done }) : cardChanges ? done : onClose
    if (cardChanges) void setLiveCard(id, wantsCard).then(rest, toastFailure)
    else rest()
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" data-testid="bot-form">
      <label className="flex min-h-10 items-center gap-2.5 text-sm md:min-h-0">
        <input type="checkbox" checked={own} className="size-4 accent-primary" onChange={({ target }) => edit(target.checked ? { greeting: "", greeting_ru: "" } : { greeting: null, greeting_ru: null })} />
        {t.bot.ownGreeting}
      </label>
      {own && (
        <>
          <Field label={t.bot.greeting} hint={t.bot.greetingHint}>{(props) => <Textarea {...props} maxLength={limits.greeting_max} value={draft.greeting ?? ""} onChange={({ target }) => edit({ greeting: target.value })} />}</Field>
          <Field label={t.bot.greetingRu} hint={t.bot.greetingHint}>{(props) => <Textarea {...props} maxLength={limits.greeting_max} value={draft.greeting_ru ?? ""} onChange={({ target }) => edit({ greeting_ru: target.value })} />}</Field>
        </>
      )}
      {card && <Switch label={t.bot.liveCard} hint={t.bot.liveCardHint} checked={wantsCard ?? card.enabled} onChange={setWantsCard} />}
      <Choice name="first_contact" title={t.bot.firstContact} values={contacts} value={draft.first_contact} labels={t.bot.contacts} hints={t.bot.contactHints} onChange={(first_contact) => edit({ first_contact })} />
      {draft.first_contact !== "none" && (
        <>
          <Field label={t.bot.checkText} hint={t.bot.checkTextHint}>{(props) => <Textarea {...props} maxLength={limits.greeting_max} placeholder={t.bot.checkTextDefault} value={draft.check_text} onChange={({ target }) => edit({ check_text: target.value })} />}</Field>
          <Field label={t.bot.checkTextRu} hint={t.bot.checkTextHint}>{(props) => <Textarea {...props} lang="ru" maxLength={limits.greeting_max} placeholder={t.bot.checkTextRuDefault} value={draft.check_text_ru} onChange={({ target }) => edit({ check_text_ru: target.value })} />}</Field>
        </>
      )}
      <Field label={t.bot.blockText} hint={t.bot.blockTextHint}>{(props) => <Textarea {...props} maxLength={limits.greeting_max} value={draft.block_text} onChange={({ target }) => edit({ block_text: target.value })} />}</Field>
      <Field label={t.bot.blockTextRu} hint={t.bot.blockTextHint}>{(props) => <Textarea {...props} lang="ru" maxLength={limits.greeting_max} value={draft.block_text_ru} onChange={({ target }) => edit({ block_text_ru: target.value })} />}</Field>
      <Updates value={draft.updates} possible={settings.webhook_possible} onChange={(updates) => edit({ updates })} />
      <Field label={t.bot.apiUrl} hint={t.bot.apiUrlHint}>
        {(props) => <Input {...props} type="url" inputMode="url" autoComplete="off" spellCheck={false} placeholder="http://localhost:8081" className="font-mono text-[13px]" value={draft.api_url} onChange={({ target }) => edit({ api_url: target.value })} />}
      </Field>
      <Field label={t.bot.proxy} hint={t.bot.proxyHint}>
        {(props) => <Input {...props} autoComplete="off" spellCheck={false} autoCapitalize="none" placeholder="socks5h://user:password@host:1080" className="font-mono text-[13px]" value={draft.proxy} onChange={({ target }) => edit({ proxy: target.value })} />}
      </Field>
      {elsewhere && (
        <Field label={t.bot.token} hint={t.bot.tokenAgain}>
          {(props) => <Input {...props} name="token" autoComplete="off" spellCheck={false} autoCapitalize="none" placeholder={t.bot.tokenPlaceholder} className="font-mono text-[13px]" value={draft.token} onChange={({ target }) => edit({ token: target.value })} />}
        </Field>
      )}
      {change.error && <FormError>{explain(change.error)}</FormError>}
      <div className="flex gap-2">
        <Button type="submit" busy={change.isPending} disabled={elsewhere && draft.token.trim() === ""}>{change.isPending ? t.bot.checking : t.common.save}</Button>
        <Button variant="ghost" onClick={onClose}>{t.common.cancel}</Button>
      </div>
    </form>
  )
}

const ways: readonly BotUpdates[] = ["auto", "polling", "webhook"]

const contacts: readonly FirstContact[] = ["none", "button", "sum"]

function Updates({ value, possible, onChange }: { value: BotUpdates; possible: boolean; onChange: (value: BotUpdates) => void }) {
  const t = useT().bot
  const impossible = !possible && value !== "webhook" ? "webhook" : undefined
  return <Choice name="updates" title={t.updates} values={ways} value={value} labels={t.ways} hints={possible ? t.wayHints : { ...t.wayHints, webhook: t.webhookImpossible }} impossible={impossible} onChange={onChange} />
}

interface ChoiceProps<T extends string> {
  name: string
  title: string
  values: readonly T[]
  value: T
  labels: Record<T, string>
  hints: Record<T, string>
  impossible?: T | undefined
  onChange: (value: T) => void
}

function Choice<T extends string>({ name, title, values, value, labels, hints, impossible, onChange }: ChoiceProps<T>) {
  const titleId = useId()
  return (
    <div role="radiogroup" aria-labelledby={titleId} className="flex flex-col gap-2" data-testid={`bot-${name}`}>
      <p id={titleId} className="text-[13px] font-medium">{title}</p>
      {values.map((one) => (
        <label key={one} className="flex cursor-pointer gap-3 rounded-lg border px-3 py-2.5 has-checked:border-ring has-checked:bg-primary-soft has-focus-visible:outline-2 has-focus-visible:outline-ring has-disabled:cursor-default has-disabled:text-subtle">
          <input type="radio" name={name} value={one} className="mt-0.5 size-4 shrink-0 accent-primary" checked={value === one} disabled={one === impossible} onChange={() => onChange(one)} />
          <span className="min-w-0">
            <span className="block text-sm font-medium">{labels[one]}</span>
            <span className="mt-0.5 block text-[13px] text-muted-foreground">{hints[one]}</span>
          </span>
        </label>
      ))}
    </div>
  )
}
