import { limits } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { codePoints, trim, type Rich } from "./editor/model"
import { countPieces } from "./split"

/** The counter shows only when it begins to matter. */
const textFrom = 3500
const captionFrom = 900

/** A text that cannot be sent: an edit must fit into its message, an answer into what the server takes. */
export function excess(rich: Rich, { caption, edit }: { caption: boolean; edit: boolean }): number {
  const text = rich.text.trim()
  return edit ? text.length - (caption ? limits.caption_max : limits.text_max) : codePoints(text) - limits.answer_text_max
}

/** Counts as the channel does, after the formatting, and tells what becomes of a text that is too long for one message. */
export function Counter({ rich, caption, edit }: { rich: Rich; caption: boolean; edit: boolean }) {
  const t = useT().composer
  const said = trim(rich)
  const { length } = said.text
  if (length < (caption ? captionFrom : textFrom)) return null
  const max = caption ? limits.caption_max : limits.text_max
  const over = excess(rich, { caption, edit })
  const pieces = edit || length <= max ? 1 : countPieces(said, max, limits.text_max)
  return (
    <p role="status" data-testid="counter" className={cn("px-4 pb-2 text-right text-xs tabular-nums", over > 0 ? "text-destructive" : length > max ? "text-warning" : "text-subtle")}>
      {over > 0 ? t.tooLong(over) : (
        <>
          {t.count(length, max)}
          {pieces > 1 && <> · {caption ? t.onText(pieces - 1) : t.pieces(pieces)}</>}
        </>
      )}
    </p>
  )
}
