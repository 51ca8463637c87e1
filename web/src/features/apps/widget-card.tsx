import { Copy, ExternalLink } from "lucide-react"
import { useState } from "react"
import type { AppChannel } from "@/contract"
import { useT } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { Button } from "@/shared/ui/button"
import { Segmented } from "@/shared/ui/misc"
import { tagOf, tryAddress, widgetDefaults, type WidgetLook } from "./widget-tag"

const swatches = ["#2f5be8", "#0f766e", "#7c3aed", "#be185d", "#b45309", "#171a21"]

/** The chat for a site: its appearance, the tag to put into the site, and a page to try it. */
export function WidgetCard({ apps }: { apps: AppChannel }) {
  const t = useT().apps.widget
  const [look, setLook] = useState<WidgetLook>(widgetDefaults)
  const change = <K extends keyof WidgetLook>(key: K) => (value: WidgetLook[K]) => setLook((now) => ({ ...now, [key]: value }))
  const tag = tagOf(location.origin, apps, look)
  return (
    <section aria-labelledby="widget-title" data-testid="widget-card" className="flex flex-col gap-4 rounded-2xl border bg-surface p-5">
      <div>
        <h3 id="widget-title" className="font-semibold">{t.title}</h3>
        <p className="mt-1 text-[13px] text-muted-foreground">{t.body}</p>
      </div>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <span className="text-sm" id="widget-color">{t.color}</span>
        <div role="radiogroup" aria-labelledby="widget-color" className="flex flex-wrap items-center gap-2">
          {swatches.map((color) => (
            <button
              key={color}
              type="button"
              role="radio"
              aria-checked={look.color === color}
              aria-label={color}
              onClick={() => change("color")(color)}
              style={{ backgroundColor: color }}
              className="size-8 rounded-full border outline-offset-2 aria-checked:outline-2 aria-checked:outline-ring"
            />
          ))}
          <input type="color" aria-label={t.ownColor} title={t.ownColor} value={look.color} onChange={(event) => change("color")(event.target.value)} className="h-8 w-11 cursor-pointer rounded-lg border bg-surface p-1" />
        </div>
      </div>
      <Segmented label={t.theme} value={look.theme} onChange={change("theme")} options={[{ value: "auto", label: t.auto }, { value: "light", label: t.light }, { value: "dark", label: t.dark }]} />
      <Segmented label={t.language} value={look.language} onChange={change("language")} options={[{ value: "auto", label: t.auto }, { value: "en", label: "English" }, { value: "ru", label: "Русский" }]} />
      <Segmented label={t.position} value={look.position} onChange={change("position")} options={[{ value: "left", label: t.left }, { value: "right", label: t.right }]} />
      <div>
        <p className="mb-1.5 text-[13px] font-medium" id="widget-tag">{t.tag}</p>
        <pre aria-labelledby="widget-tag" tabIndex={0} className="overflow-x-auto rounded-lg bg-code px-3 py-2.5 font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere">{tag}</pre>
        <p className="mt-1.5 text-[13px] text-muted-foreground">{apps.visitors ? t.tagHint : t.signedHint}</p>
      </div>
      {apps.visitors && <p className="text-[13px] text-muted-foreground">{t.knownHint}</p>}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => void copyText(tag)}><Copy />{t.copy}</Button>
        {apps.visitors && <Button variant="outline" asChild><a href={tryAddress(apps, look)} target="_blank" rel="noopener"><ExternalLink />{t.tryIt}</a></Button>}
      </div>
    </section>
  )
}
