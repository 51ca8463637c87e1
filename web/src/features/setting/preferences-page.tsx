import { Monitor, Moon, Sun, Volume2 } from "lucide-react"
import { useLocale, useT } from "@/shared/i18n"
import { setPref, usePref } from "@/shared/lib/prefs"
import { playTone } from "@/shared/lib/tone"
import { Button } from "@/shared/ui/button"
import { Segmented, Switch } from "@/shared/ui/misc"
import { chooseLocale } from "@/shared/ui/part"
import { toast } from "@/shared/ui/toast"

export function Preferences() {
  const t = useT().settings
  const locale = useLocale()
  const theme = usePref("theme")
  const sendKey = usePref("sendKey")
  const sound = usePref("sound")
  const keys = usePref("keys")
  const desktop = usePref("desktop")
  const notices = usePref("notices")

  const askDesktop = async (wanted: boolean) => {
    if (!wanted || typeof Notification === "undefined") return setPref("desktop", false)
    const answer = Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission
    if (answer !== "granted") toast.error(t.desktopBlocked)
    setPref("desktop", answer === "granted")
  }
  return (
    <section aria-labelledby="preferences-title">
      <h2 id="preferences-title" className="text-lg font-semibold">{t.preferencesTitle}</h2>
      <p className="mt-1 mb-5 text-sm text-muted-foreground">{t.preferencesBody}</p>
      <div className="flex flex-col gap-2 rounded-2xl border bg-surface p-5">
        <Segmented
          label={t.theme}
          value={theme}
          onChange={(value) => setPref("theme", value)}
          options={[{ value: "system", label: t.system, icon: Monitor }, { value: "light", label: t.light, icon: Sun }, { value: "dark", label: t.dark, icon: Moon }]}
        />
        <Segmented label={t.language} value={locale} onChange={(value) => void chooseLocale(value)} options={[{ value: "en", label: "English" }, { value: "ru", label: "Русский" }]} />
        <Segmented label={t.sendKey} value={sendKey} onChange={(value) => setPref("sendKey", value)} options={[{ value: "enter", label: t.sendEnter }, { value: "ctrl-enter", label: t.sendCtrl }]} />
        <Switch label={t.keys} hint={t.keysHint} checked={keys} onChange={(value) => setPref("keys", value)} />
      </div>
      <h3 className="mt-8 text-base font-semibold">{t.noticesTitle}</h3>
      <p className="mt-1 mb-4 text-sm text-muted-foreground">{t.noticesBody}</p>
      <div className="flex flex-col gap-2 rounded-2xl border bg-surface p-5">
        <Switch label={t.notices} hint={t.noticesHint} checked={notices} onChange={(value) => setPref("notices", value)} />
        <Switch label={t.sound} hint={t.soundHint} checked={sound} onChange={(value) => setPref("sound", value)} />
        {sound && <Button variant="outline" size="sm" className="mb-1 self-start" onClick={playTone}><Volume2 />{t.soundTry}</Button>}
        <Switch label={t.desktop} hint={t.desktopHint} checked={desktop} onChange={(value) => void askDesktop(value)} />
      </div>
    </section>
  )
}
