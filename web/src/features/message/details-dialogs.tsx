import type { Message } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { copyText } from "@/shared/lib/clipboard"
import { contentName, hasContent, kindName } from "@/shared/lib/words"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { FormError } from "@/shared/ui/field"
import { Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { useEdits } from "./get-edits"
import { useRaw } from "./get-raw"
import { PhotoGrid } from "./photo-grid"
import { RichText } from "./rich-text"
import { photosOf } from "./view"

interface DetailsProps {
  message: Message
  onClose: () => void
}

export function RawDialog({ message: { id }, onClose }: DetailsProps) {
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

type State = Pick<Message, "kind" | "content" | "media" | "text" | "entities" | "files">

/** Every version with the moment from which it held: the first since it was written, each other since it replaced one. */
export function EditsDialog({ message, onClose }: DetailsProps) {
  const t = useT()
  const locale = useLocale()
  const { data, error } = useEdits(message.id)
  const versions = data && [...data, message].map((state, index) => ({ state, at: data[index - 1]?.replaced_at ?? message.created_at }))
  return (
    <Dialog open onClose={onClose} title={t.message.editHistory}>
      <FormError>{error && explain(error)}</FormError>
      {!data && !error && <Skeleton className="h-24" />}
      <ol className="flex flex-col gap-3">
        {versions?.map(({ state, at }, index) => (
          <li key={index} data-testid="version" className="rounded-xl bg-muted px-4 py-3">
            <p className="mb-1 flex justify-between gap-4 text-xs text-subtle">
              <span className="font-medium">{index === versions.length - 1 ? t.message.current : index === 0 ? t.message.original : t.message.version(index + 1)}</span>
              <time dateTime={at}>{formatFull(locale, at)}</time>
            </p>
            <Version state={state} />
          </li>
        ))}
      </ol>
    </Dialog>
  )
}

/** All that a version was: its pictures, what else it held, its words. */
function Version({ state: { kind, content, media, text, entities, files } }: { state: State }) {
  const t = useT()
  const bare = text === "" && files.length === 0 && !hasContent(kind)
  return (
    <>
      {files.length > 0 && (
        <div className="my-2 w-fit max-w-full overflow-hidden rounded-lg">
          <PhotoGrid photos={photosOf(files)} label={kindName("photo")} onOpen={(index) => window.open(`/api/files/${files[index]?.id}`, "_blank", "noopener")} />
        </div>
      )}
      {hasContent(kind) && <p dir="auto" className="font-medium wrap-anywhere">{media?.name ?? contentName(content, t, kind)}</p>}
      {text && <RichText text={text} entities={entities} />}
      {bare && <p className="text-muted-foreground">{t.message.noWords}</p>}
    </>
  )
}
