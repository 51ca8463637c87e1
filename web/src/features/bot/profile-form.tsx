import { CircleAlert, CircleCheck, Clock, LoaderCircle } from "lucide-react"
import { useState, type ReactNode } from "react"
import { type BotMenuButton, type BotMenuButtonType, type BotProfile, type BotProfileStep, type BotProfileWords } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatMoment } from "@/shared/i18n/dates"
import { languageName } from "@/shared/i18n/languages"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { Field, FormError, Input, Select, Textarea } from "@/shared/ui/field"
import { Badge, Skeleton } from "@/shared/ui/misc"
import { explain, toast } from "@/shared/ui/toast"
import { commandLines, differencesOf, parseCommands, pushDifference, refetchProfile, saveProfile, textsOf, useProfile, wishOf, type Difference, type ProfileTexts } from "./get-profile"

const limitsOf = { name: 64, about: 120, description: 512 } as const
const codes = ["en", "ru", "uk", "be", "kk", "uz", "de", "fr", "es", "pt", "it", "pl", "tr", "ar", "fa", "he", "hi", "zh", "ja", "ko"]
const empty: BotProfileWords = { name: null, about: null, description: null, commands: null }
const noTexts: ProfileTexts = { name: "", about: "", description: "", commands: "" }

/** What Telegram shows of a bot: the desk's wish beside what Telegram has, sent with one button. */
export function ProfileForm({ id, onClose }: { id: number; onClose: () => void }) {
  const t = useT()
  const { data, error, refetch, isFetching } = useProfile(id)
  if (data) return <Editor key={id} id={id} profile={data} onClose={onClose} />
  return (
    <div className="flex flex-col gap-4" data-testid="profile-form">
      {error ? <FormError>{explain(error)}</FormError> : <Skeleton className="h-72 rounded-xl" />}
      <div className="flex gap-2">
        {error && <Button variant="outline" busy={isFetching} onClick={() => void refetch()}>{t.common.retry}</Button>}
        <Button variant="ghost" onClick={onClose}>{t.common.cancel}</Button>
      </div>
    </div>
  )
}

interface Sent extends Difference {
  /** Absent: it has not been sent yet. */
  step?: BotProfileStep | "sending" | { outcome: "failed"; error: string; retry_at: null }
}

function Editor({ id, profile, onClose }: { id: number; profile: BotProfile; onClose: () => void }) {
  const t = useT()
  const locale = useLocale()
  const [language, setLanguage] = useState("")
  const [added, setAdded] = useState<readonly string[]>([])
  const [edited, setEdited] = useState<Readonly<Record<string, ProfileTexts>>>({})
  const [menu, setMenu] = useState<BotMenuButton | null>(profile.menu_button.wanted)
  const [sent, setSent] = useState<readonly Sent[]>([])
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const known = profile.languages.map((one) => one.language)
  const languages = [...known, ...added.filter((code) => !known.includes(code))]
  const partsOf = (code: string) => profile.languages.find((one) => one.language === code)
  const beforeOf = (code: string) => { const one = partsOf(code); return one ? textsOf(one.wanted, one.current) : noTexts }
  const textsFor = (code: string) => edited[code] ?? beforeOf(code)
  const texts = textsFor(language)
  const here = partsOf(language)
  const bad = languages.find((code) => parseCommands(textsFor(code).commands) === null)
  const nameOf = (code: string) => (code ? languageName(locale, code) : t.bot.profileAll)
  const edit = (part: Partial<ProfileTexts>) => setEdited({ ...edited, [language]: { ...texts, ...part } })

  const save = async (): Promise<BotProfile> => {
    const wishes = languages.map((code) => wishOf(code, textsFor(code), beforeOf(code), partsOf(code)?.wanted ?? empty))
    const saved = await saveProfile(id, { languages: wishes, menu_button: menu })
    setEdited({})
    return saved
  }
  const run = async (act: () => Promise<void>) => {
    setBusy(true)
    setFailure(null)
    try {
      await act()
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  const saveOnly = () => run(async () => {
    setSent([])
    await save()
    toast.done(t.bot.saved)
  })
  const saveAndSend = () => run(async () => {
    const all: Sent[] = differencesOf(await save())
    setSent([...all])
    for (const [at, one] of all.entries()) {
      all[at] = { ...one, step: "sending" }
      setSent([...all])
      const step = await pushDifference(id, one).catch((error: unknown) => ({ outcome: "failed" as const, error: explain(error), retry_at: null }))
      all[at] = { ...one, step: step ?? { ...one, outcome: "done", error: null, retry_at: null } }
      setSent([...all])
    }
    await refetchProfile(id)
    if (all.length === 0) toast.done(t.bot.profileSame)
  })

  return (
    <form className="flex flex-col gap-4" data-testid="profile-form" onSubmit={(event) => { event.preventDefault(); void saveAndSend() }}>
      <div>
        <h3 className="text-sm font-semibold">{t.bot.profile}</h3>
        <p className="mt-1 text-[13px] text-muted-foreground">{t.bot.profileBody}</p>
      </div>
      <div className="flex flex-wrap items-center gap-1.5">
        <div role="tablist" aria-label={t.bot.profileLanguages} className="flex flex-wrap gap-1.5">
          {languages.map((code) => (
            <button key={code} type="button" role="tab" aria-selected={code === language} onClick={() => setLanguage(code)} className={cn("flex h-8 items-center gap-1.5 rounded-full border px-3 text-[13px] text-muted-foreground hover:text-foreground max-md:h-10", code === language && "border-primary bg-primary-soft font-medium text-link")}>
              {nameOf(code)}
              {(partsOf(code)?.differs.length ?? 0) > 0 && <span className="size-1.5 rounded-full bg-warning-dot" role="img" aria-label={t.bot.profileDiffers} />}
            </button>
          ))}
        </div>
        <Select aria-label={t.bot.profileAdd} className="h-8 w-auto max-md:h-10" value="" onChange={({ target }) => { if (!target.value) return; setAdded([...added, target.value]); setLanguage(target.value) }}>
          <option value="">{t.bot.profileAdd}</option>
          {codes.filter((code) => !languages.includes(code)).map((code) => <option key={code} value={code}>{languageName(locale, code)}</option>)}
        </Select>
      </div>
      <Part name={t.bot.profileParts.name} has={here?.current.name} differs={here?.differs.includes("name")}>{(props) => <Input {...props} maxLength={limitsOf.name} value={texts.name} onChange={({ target }) => edit({ name: target.value })} />}</Part>
      <Part name={t.bot.profileParts.about} hint={t.bot.profileAboutHint} has={here?.current.about} differs={here?.differs.includes("about")}>{(props) => <Input {...props} maxLength={limitsOf.about} value={texts.about} onChange={({ target }) => edit({ about: target.value })} />}</Part>
      <Part name={t.bot.profileParts.description} hint={t.bot.profileDescriptionHint} has={here?.current.description} differs={here?.differs.includes("description")}>{(props) => <Textarea {...props} maxLength={limitsOf.description} value={texts.description} onChange={({ target }) => edit({ description: target.value })} />}</Part>
      <Part name={t.bot.profileParts.commands} hint={t.bot.profileCommandsHint} error={parseCommands(texts.commands) === null ? t.bot.profileCommandsWrong : null} has={here?.current.commands && commandLines(here.current.commands)} differs={here?.differs.includes("commands")}>{(props) => <Textarea {...props} className="font-mono text-[13px]" spellCheck={false} value={texts.commands} onChange={({ target }) => edit({ commands: target.value })} />}</Part>
      {language === "" && <Menu menu={menu} current={profile.menu_button.current} differs={profile.menu_button.differs} onChange={setMenu} />}
      {sent.length > 0 && <Progress sent={sent} nameOf={nameOf} />}
      <FormError>{failure !== null && explain(failure)}</FormError>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" busy={busy} disabled={bad !== undefined}>{t.bot.profileSend}</Button>
        <Button variant="outline" disabled={busy || bad !== undefined} onClick={() => void saveOnly()}>{t.bot.profileSave}</Button>
        <Button variant="ghost" disabled={busy} onClick={onClose}>{t.common.close}</Button>
      </div>
    </form>
  )
}

interface PartProps {
  name: string
  hint?: string
  error?: string | null
  /** What Telegram has; undefined: not known yet. */
  has: string | null | undefined
  differs: boolean | undefined
  children: Parameters<typeof Field>[0]["children"]
}

function Part({ name, hint, error, has, differs, children }: PartProps) {
  return (
    <div className="grid gap-x-4 gap-y-2 md:grid-cols-2">
      <Field label={name} hint={hint} error={error}>{children}</Field>
      <Has differs={differs === true}>{has}</Has>
    </div>
  )
}

function Has({ differs, children }: { differs: boolean; children: ReactNode }) {
  const t = useT().bot
  return (
    <div className="min-w-0 rounded-lg bg-muted px-3 py-2 text-[13px] md:mt-6.5 md:self-start" data-testid="profile-has">
      <p className="flex items-center gap-2 text-xs text-muted-foreground">{t.profileHas}{differs && <Badge tone="warning">{t.profileDiffers}</Badge>}</p>
      <p dir="auto" className="mt-0.5 max-h-40 overflow-y-auto text-left whitespace-pre-wrap wrap-anywhere">{children || <span className="text-muted-foreground">{t.profileNothing}</span>}</p>
    </div>
  )
}

const menuTypes: readonly BotMenuButtonType[] = ["default", "commands", "web_app"]

function Menu({ menu, current, differs, onChange }: { menu: BotMenuButton | null; current: BotMenuButton; differs: boolean; onChange: (menu: BotMenuButton | null) => void }) {
  const t = useT().bot
  const textOf = ({ type, text, url }: BotMenuButton) => (type === "web_app" ? `${t.menus.web_app}: ${text ?? ""} ${url ?? ""}` : t.menus[type])
  return (
    <>
      <Part name={t.profileParts.menu_button} has={textOf(current)} differs={differs}>
        {(props) => (
          <Select {...props} value={menu?.type ?? ""} onChange={({ target }) => onChange(menuTypes.includes(target.value as BotMenuButtonType) ? { type: target.value as BotMenuButtonType, text: menu?.text ?? null, url: menu?.url ?? null } : null)}>
            <option value="">{t.menuAsItIs}</option>
            {menuTypes.map((type) => <option key={type} value={type}>{t.menus[type]}</option>)}
          </Select>
        )}
      </Part>
      {menu?.type === "web_app" && (
        <div className="grid gap-4 md:grid-cols-2">
          <Field label={t.menuText}>{(props) => <Input {...props} required maxLength={64} value={menu.text ?? ""} onChange={({ target }) => onChange({ ...menu, text: target.value })} />}</Field>
          <Field label={t.menuUrl}>{(props) => <Input {...props} required type="url" pattern="https://.+" placeholder="https://" className="font-mono text-[13px]" value={menu.url ?? ""} onChange={({ target }) => onChange({ ...menu, url: target.value })} />}</Field>
        </div>
      )}
    </>
  )
}

function Progress({ sent, nameOf }: { sent: readonly Sent[]; nameOf: (language: string) => string }) {
  const t = useT().bot
  const locale = useLocale()
  return (
    <ul aria-live="polite" className="flex flex-col gap-1.5 rounded-lg border px-3.5 py-3 text-[13px]" data-testid="profile-progress">
      {sent.map(({ part, language, step }) => {
        const outcome = step === undefined ? "next" : step === "sending" ? "sending" : step.outcome
        const { Icon, tone } = marks[outcome]
        const why = step === undefined || step === "sending" || step.outcome === "done" ? null : step.outcome === "waiting" && step.retry_at ? t.profileWait(formatMoment(locale, step.retry_at)) : step.error
        return (
          <li key={`${part} ${language}`} data-outcome={outcome} className="flex items-start gap-2">
            <Icon className={cn("mt-0.5 size-4 shrink-0", tone)} aria-hidden="true" />
            <span className="min-w-0 wrap-anywhere">{t.profileParts[part]}{part !== "menu_button" && ` · ${nameOf(language)}`}<span className="sr-only">: {t.profileOutcomes[outcome]}</span>{why && <span className={cn("block", outcome === "failed" ? "text-destructive" : "text-muted-foreground")}>{why}</span>}</span>
          </li>
        )
      })}
    </ul>
  )
}

const marks = {
  next: { Icon: Clock, tone: "text-subtle" },
  sending: { Icon: LoaderCircle, tone: "animate-spin text-subtle" },
  done: { Icon: CircleCheck, tone: "text-success" },
  failed: { Icon: CircleAlert, tone: "text-destructive" },
  waiting: { Icon: Clock, tone: "text-warning" },
} as const
