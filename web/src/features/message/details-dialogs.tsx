import { useLocale, useT } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { copyText } from "@/shared/lib/clipboard"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { FormError } from "@/shared/ui/field"
import { Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { useEdits } from "./get-edits"
import { useRaw } from "./get-raw"
import { RichText } from "./rich-text"

export function RawDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const t = useT()
  const { data, error } = useRaw(id)
  return (
    <Dialog open onClose={onClose} title={t.message.rawTitle} className="w-[min(44rem,calc(100vw-2rem))]">
      <FormError>{error && explain(error)}</FormError>
      {!data && !error && <Skeleton className="h-40" />}
      {data && (
        <>
          <pre tabIndex={0} className="scroll-area max-h-[55dvh] overflow-auto rounded-xl bg-muted p-4 font-mono text-xs leading-relaxed">{data}</pre>
          <Button variant="outline" size="sm" className="mt-3" onClick={() => void copyText(data)}>{t.common.copy}</Button>
        </>
      )}
    </Dialog>
  )
}

export function EditsDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const t = useT()
  const locale = useLocale()
  const { data, error } = useEdits(id)
  return (
    <Dialog open onClose={onClose} title={t.message.editHistory}>
      <FormError>{error && explain(error)}</FormError>
      {!data && !error && <Skeleton className="h-24" />}
      {data?.length === 0 && <p className="text-sm text-muted-foreground">{t.message.noEdits}</p>}
      <ol className="flex flex-col gap-3">
        {data?.map((edit, index) => (
          <li key={edit.replaced_at + String(index)} className="rounded-xl bg-muted px-4 py-3">
            <p className="mb-1 flex justify-between gap-4 text-xs text-subtle">
              <span className="font-medium">{index === 0 ? t.message.original : t.message.version(index + 1)}</span>
              <time dateTime={edit.replaced_at}>{formatFull(locale, edit.replaced_at)}</time>
            </p>
            <RichText text={edit.text} entities={edit.entities} />
          </li>
        ))}
      </ol>
    </Dialog>
  )
}
