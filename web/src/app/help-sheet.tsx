import { useT } from "@/shared/i18n"
import type { Action } from "@/shared/lib/action"
import { actionsOf } from "@/shared/lib/feature"
import { usePref } from "@/shared/lib/prefs"
import { Dialog } from "@/shared/ui/dialog"
import { Keys } from "@/shared/ui/keys"

export default function HelpSheet({ onClose }: { onClose: () => void }) {
  const t = useT()
  const sendKey = usePref("sendKey")
  const writing = [
    { name: t.shortcuts.send, shortcut: sendKey === "enter" ? "enter" : "mod+enter" },
    { name: t.composer.bold, shortcut: "mod+b" },
    { name: t.composer.italic, shortcut: "mod+i" },
    { name: t.composer.underline, shortcut: "mod+u" },
    { name: t.composer.strikethrough, shortcut: "mod+shift+x" },
    { name: t.composer.link, shortcut: "mod+shift+k" },
    { name: t.composer.spoiler, shortcut: "mod+shift+p" },
    { name: t.composer.code, shortcut: "mod+shift+m" },
  ]
  const groups = [
    { title: t.shortcuts.groups.go, rows: [{ name: t.palette.title, shortcut: "mod+k" }, ...named(actionsOf("panel"), t), { name: t.shortcuts.escape, shortcut: "escape" }] },
    { title: t.shortcuts.groups.conversation, rows: named(actionsOf("conversation"), t) },
    { title: t.shortcuts.groups.composer, rows: writing },
  ]
  return (
    <Dialog open onClose={onClose} title={t.shortcuts.title} className="w-[min(46rem,calc(100vw-2rem))]">
      <div className="gap-x-10 sm:columns-2">
        {groups.map(({ title, rows }) => (
          <section key={title} className="mb-6 break-inside-avoid">
            <h3 className="mb-2 text-xs font-semibold tracking-wide text-subtle uppercase">{title}</h3>
            <dl>
              {rows.map(({ name, shortcut, chord }: Row) => (
                <div key={name} className="flex min-h-8 items-center justify-between gap-4 text-sm">
                  <dt>{name}</dt>
                  <dd className="flex shrink-0 flex-wrap items-center justify-end gap-x-2 gap-y-1 text-muted-foreground">
                    {shortcut && <Keys shortcut={shortcut} />}
                    {shortcut && chord && <span className="text-xs text-subtle">{t.shortcuts.or}</span>}
                    {chord && <Keys shortcut={chord} />}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="mt-1 text-[13px] text-muted-foreground">{t.shortcuts.rule}</p>
      <p className="mt-4 rounded-lg bg-muted px-3 py-2.5 text-[13px] text-muted-foreground">{t.shortcuts.markdown}</p>
    </Dialog>
  )
}

interface Row {
  name: string
  shortcut?: string | undefined
  chord?: string | undefined
}

function named<Context>(list: readonly Action<Context>[], t: ReturnType<typeof useT>): Row[] {
  return list.filter(({ shortcut, chord }) => shortcut || chord).map(({ name, shortcut, chord }) => ({ name: name(t), shortcut, chord }))
}
