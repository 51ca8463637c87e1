import { useMemo } from "react"
import type { Message } from "@/contract"
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
import { MediaGrid } from "./media-grid"
import { PieceView } from "./piece"
import { RichText } from "./rich-text"
import { showState, type State } from "./view"

interface DetailsProps {
  message: Message
  customer: string
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

/** Every version with the moment from which it held: the first since it was written, each other since it replaced one. */
export function EditsDialog({ message, customer, onClose }: DetailsProps) {
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
            <Version state={state} id={message.id} at={message.created_at} customer={customer} />
          </li>
        ))}
      </ol>
    </Dialog>
  )
}

/** All that a version was: its pictures, what else it held, its words. */
function Version({ state, id, at, customer }: { state: State; id: number; at: string; customer: string }) {
  const t = useT()
  const { visuals, captions, pieces } = useMemo(() => {
    const words = state.text === "" ? null : { id, text: state.text, entities: state.entities, edited: false }
    return showState(state, { id, at, words })
  }, [state, id, at])
  const said = [...captions, ...pieces.flatMap(({ words }) => words ?? [])]
  return (
    <>
      {visuals.length > 0 && (
        <div className="my-2 w-fit max-w-full overflow-hidden rounded-lg">
          <MediaGrid visuals={visuals} name={customer} onOpen={(index) => window.open(visuals[index]?.full, "_blank", "noopener")} />
        </div>
      )}
      {pieces.map((piece) => <div key={piece.key} className="-mx-2 w-fit max-w-[calc(100%+1rem)]"><PieceView piece={piece} /></div>)}
      {said.map((words, i) => <p key={i}><RichText text={words.text} entities={words.entities} /></p>)}
      {visuals.length + pieces.length + said.length === 0 && <p className="text-muted-foreground">{t.message.noWords}</p>}
    </>
  )
}
