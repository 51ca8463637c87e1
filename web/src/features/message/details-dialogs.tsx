import { Fragment, useMemo, useState } from "react"
import type { Message, MessageEdit } from "@/contract"
import { useOperators } from "@/features/operator"
import { useLocale, useT } from "@/shared/i18n"
import { formatFull } from "@/shared/i18n/dates"
import { copyText } from "@/shared/lib/clipboard"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { FormError } from "@/shared/ui/field"
import { Skeleton } from "@/shared/ui/misc"
import { explain } from "@/shared/ui/toast"
import { changesOf } from "./changes"
import type { DiffPart } from "./diff"
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

type Showing = "changes" | "versions"

/** Every version with the moment from which it held: the first since it was written, each other since it replaced one. */
export function EditsDialog({ message, customer, onClose }: DetailsProps) {
  const t = useT()
  const locale = useLocale()
  const operators = useOperators()
  const { data, error } = useEdits(message.id)
  const [showing, setShowing] = useState<Showing>("changes")
  const versions = data && [...data, message].map((state, index) => ({ state, before: data[index - 1], at: data[index - 1]?.replaced_at ?? message.created_at }))
  const nameOf = (id: number | null | undefined) => operators.find((operator) => operator.id === id)?.name
  const author = message.direction === "in" ? customer : (nameOf(message.operator_id) ?? t.message.system.greeting)
  /** Who wrote the version that replaced this one; the first is the author's. */
  const whose = (replaced: MessageEdit | undefined) => nameOf(replaced?.replaced_by) ?? author
  return (
    <Dialog open onClose={onClose} title={t.message.editHistory}>
      <FormError>{error && explain(error)}</FormError>
      {!data && !error && <Skeleton className="h-24" />}
      {data && data.length > 0 && (
        <div role="group" aria-label={t.message.editHistory} className="mb-3 flex gap-1">
          {(["changes", "versions"] as const).map((each) => (
            <Button key={each} variant={showing === each ? "secondary" : "ghost"} size="sm" aria-pressed={showing === each} onClick={() => setShowing(each)}>{t.message.diff[each]}</Button>
          ))}
        </div>
      )}
      <ol className="flex flex-col gap-3">
        {versions?.map(({ state, before, at }, index) => (
          <li key={index} data-testid="version" className="rounded-xl bg-muted px-4 py-3">
            <p className="mb-1 flex justify-between gap-4 text-xs text-subtle">
              <span className="font-medium">{index === versions.length - 1 ? t.message.current : index === 0 ? t.message.original : t.message.version(index + 1)}<span className="font-normal">{"\u00a0· "}<bdi>{whose(data?.[index - 1])}</bdi></span></span>
              <time dateTime={at} className="shrink-0">{formatFull(locale, at)}</time>
            </p>
            {before && showing === "changes"
              ? <Changes before={before} after={state} id={message.id} at={message.created_at} customer={customer} />
              : <Version state={state} id={message.id} at={message.created_at} customer={customer} />}
          </li>
        ))}
      </ol>
    </Dialog>
  )
}

/** What one version changed: its kind, its files, its words. Additions are underlined, removals struck, both named for who cannot see. */
function Changes({ before, after, id, at, customer }: { before: State; after: State; id: number; at: string; customer: string }) {
  const t = useT()
  const locale = useLocale()
  const changes = useMemo(() => changesOf(before, after, t, locale), [before, after, t, locale])
  const { words, facts, files } = changes
  const visuals = useMemo(() => showState(after, { id, at, words: null }).visuals, [after, id, at])
  return (
    <div data-testid="changes" className="flex flex-col gap-1.5">
      {changes.kind && <p>{t.message.diff.kind(changes.kind.before, changes.kind.after)}</p>}
      {files && <p><span className="text-subtle">{t.message.diff.files}: </span><Difference parts={files} /></p>}
      {files && visuals.length > 0 && (
        <div className="w-fit max-w-full overflow-hidden rounded-lg">
          <MediaGrid visuals={visuals} name={customer} onOpen={(index) => window.open(visuals[index]?.full, "_blank", "noopener")} />
        </div>
      )}
      {facts && <p><Difference parts={facts} /></p>}
      {words && <p><Difference parts={words} /></p>}
      {changes.display && <p className="text-muted-foreground">{t.message.diff.display}</p>}
      {changes.formatting && <p className="text-muted-foreground">{t.message.diff.formatting}</p>}
      {changes.nothing && <p className="text-muted-foreground">{t.message.diff.nothing}</p>}
    </div>
  )
}

function Difference({ parts }: { parts: readonly DiffPart[] }) {
  const { diff } = useT().message
  return (
    <span dir="auto" className="whitespace-pre-wrap wrap-anywhere">
      {parts.map(({ type, text }, i) => {
        if (type === "same") return <span key={i}>{text}</span>
        const [Tag, label, mark] = type === "added" ? (["ins", diff.added, "bg-success/15 text-foreground decoration-2 underline-offset-2"] as const) : (["del", diff.removed, "bg-destructive/10 text-muted-foreground decoration-2"] as const)
        // The blanks around the words are as new as they are, but a mark that reaches over them looks like a mistake.
        const [, lead = "", words = text, tail = ""] = /^(\s*)([^]*?)(\s*)$/.exec(text) ?? []
        const style = words === "" ? undefined : cn("rounded-sm px-0.5", mark)
        return <Fragment key={i}>{words && lead}<Tag className={style}><span className="sr-only">{label} </span>{words || text}</Tag>{words && tail}</Fragment>
      })}
    </span>
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
