import { ClipboardPaste, Pencil, Plus, Trash2 } from "lucide-react"
import { useMemo, useState, type FormEvent } from "react"
import type { Source } from "@/contract"
import { getT, useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { askConfirm } from "@/shared/ui/confirm"
import { Dialog } from "@/shared/ui/dialog"
import { Field, FormError, Input, Textarea } from "@/shared/ui/field"
import { Badge, Skeleton } from "@/shared/ui/misc"
import { explain, toast, toastFailure } from "@/shared/ui/toast"
import { removeSource, useImportSources, useSaveSource, useSources } from "./get-sources"
import { parseSources } from "./parse"

const blank = { id: null, payload: "", name: "", tag: "", language: "" }
type Draft = Omit<typeof blank, "id"> & { id: number | null }

export function SourcesPage() {
  const t = useT()
  const { data, error, isPending } = useSources()
  const [draft, setDraft] = useState<Draft | null>(null)
  const [importing, setImporting] = useState(false)
  // What was entered stays when a dialog is closed, until it is saved.
  const [begun, setBegun] = useState<Draft>(blank)
  const [pasted, setPasted] = useState("")
  return (
    <section aria-labelledby="sources-title">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 id="sources-title" className="text-lg font-semibold">{t.sources.title}</h2>
        <div className="flex flex-wrap gap-2">
          <Button variant="outline" onClick={() => setImporting(true)}><ClipboardPaste />{t.sources.import}</Button>
          <Button onClick={() => setDraft(begun)}><Plus />{t.sources.add}</Button>
        </div>
      </div>
      <p className="mt-2 mb-5 max-w-prose text-sm text-muted-foreground">{t.sources.body}</p>
      <FormError>{error && explain(error)}</FormError>
      {isPending && <Skeleton className="h-24" />}
      {data?.length === 0 && <p className="rounded-2xl border border-dashed px-4 py-8 text-center text-sm text-muted-foreground">{t.sources.none}</p>}
      {data && data.length > 0 && <ul className="divide-y rounded-2xl border bg-surface">{data.map((source) => <Row key={source.id} source={source} onEdit={() => setDraft({ ...source, tag: source.tag ?? "", language: source.language ?? "" })} />)}</ul>}
      {draft && (
        <SourceDialog
          first={draft}
          onClose={(left) => {
            if (draft.id === null) setBegun(left)
            setDraft(null)
          }}
        />
      )}
      {importing && <ImportDialog text={pasted} onText={setPasted} onClose={() => setImporting(false)} />}
    </section>
  )
}

function Row({ source, onEdit }: { source: Source; onEdit: () => void }) {
  const t = useT()
  const { id, payload, name, tag, language } = source
  const remove = async () => {
    const { sources } = getT()
    if (!(await askConfirm({ title: sources.removeTitle(name), body: sources.removeBody, action: getT().common.remove, destructive: true }))) return
    await removeSource(id).then(() => toast.done(sources.removed), toastFailure)
  }
  return (
    <li data-testid="source" className="flex items-center gap-3 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium"><bdi className="wrap-anywhere">{name}</bdi>{tag && <Badge tone="neutral"><bdi>{tag}</bdi></Badge>}{language && <Badge tone="neutral">{language}</Badge>}</p>
        <p className="mt-0.5 font-mono text-[13px] text-subtle wrap-anywhere">{payload}…</p>
      </div>
      <Button variant="ghost" size="icon-sm" aria-label={t.sources.editOf(name)} onClick={onEdit}><Pencil /></Button>
      <Button variant="ghost" size="icon-sm" aria-label={t.sources.removeOf(name)} onClick={() => void remove()}><Trash2 /></Button>
    </li>
  )
}

function SourceDialog({ first, onClose }: { first: Draft; onClose: (left: Draft) => void }) {
  const t = useT()
  const [form, setForm] = useState(first)
  const save = useSaveSource()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ ...form, tag: form.tag.trim() || null, language: form.language.trim() || null }, {
      onSuccess: () => {
        toast.done(getT().sources.saved)
        onClose(blank)
      },
    })
  }
  const text = (key: "payload" | "name" | "tag" | "language", more: { hint?: string; required?: boolean; maxLength?: number; pattern?: string } = {}) => {
    const { hint, ...rest } = more
    return (
      <Field label={t.sources[key]} hint={hint}>
        {(props) => <Input {...props} {...rest} autoFocus={key === "payload"} autoComplete="off" autoCapitalize="none" value={form[key]} onChange={(event) => setForm({ ...form, [key]: event.target.value })} />}
      </Field>
    )
  }
  return (
    <Dialog open onClose={() => onClose(form)} title={form.id === null ? t.sources.addTitle : t.sources.editTitle}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {text("payload", { hint: t.sources.payloadHint, required: true, maxLength: 64, pattern: "[A-Za-z0-9_\\-]+" })}
        {text("name", { hint: t.sources.nameHint, required: true, maxLength: 128 })}
        <div className="grid gap-4 sm:grid-cols-2">{text("tag", { maxLength: 128 })}{text("language", { hint: t.sources.languageHint, maxLength: 35, pattern: "[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*" })}</div>
        <FormError>{save.error && explain(save.error)}</FormError>
        <div className="flex justify-end gap-2">
          <Button variant="outline" onClick={() => onClose(form)}>{t.common.cancel}</Button>
          <Button type="submit" busy={save.isPending}>{t.common.save}</Button>
        </div>
      </form>
    </Dialog>
  )
}

function ImportDialog({ text, onText, onClose }: { text: string; onText: (text: string) => void; onClose: () => void }) {
  const t = useT()
  const { rows, bad } = useMemo(() => parseSources(text), [text])
  const add = useImportSources()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(rows, {
      onSuccess: () => {
        toast.done(getT().sources.imported(rows.length))
        onText("")
        onClose()
      },
    })
  }
  return (
    <Dialog open onClose={onClose} title={t.sources.importTitle} className="w-[min(40rem,calc(100vw-2rem))]">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t.sources.importLabel} hint={t.sources.importHint} error={bad.length > 0 ? t.sources.badLines(bad.slice(0, 10).join(", ")) : null}>
          {(props) => <Textarea {...props} className="min-h-44 font-mono text-[13px]" spellCheck={false} autoFocus placeholder={"ads_may\tMay ads\tads\ten\nsite_\tSite"} value={text} onChange={(event) => onText(event.target.value)} />}
        </Field>
        <FormError>{add.error && explain(add.error)}</FormError>
        <div className="flex items-center justify-end gap-2">
          <Button variant="outline" onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" busy={add.isPending} disabled={rows.length === 0 || bad.length > 0}>{t.sources.importSome(rows.length)}</Button>
        </div>
      </form>
    </Dialog>
  )
}
