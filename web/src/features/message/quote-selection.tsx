import { Quote } from "lucide-react"
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react"
import type { ReplyQuote } from "@/contract"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { place } from "@/shared/ui/place"
import type { QuotedPiece } from "./answer"
import type { ThreadRow } from "./reduce"
import { elementOf, selectedPiece } from "./selected-piece"

interface QuoteSelectionProps {
  scroller: RefObject<HTMLElement | null>
  rows: readonly ThreadRow[]
  onReply: (quote: ReplyQuote, piece?: QuotedPiece) => void
}

interface Selected {
  quote: ReplyQuote
  piece: QuotedPiece
  at: DOMRect
}

/** A button beside the selected words of a message, which quotes just these. */
export function QuoteSelection({ scroller, rows, onReply }: QuoteSelectionProps) {
  const t = useT().message
  const [selected, setSelected] = useState<Selected | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const latest = useRef(rows)
  latest.current = rows

  useEffect(() => {
    let pressed = false
    const look = () => setSelected(pressed ? null : find(scroller.current, latest.current))
    const down = (event: Event) => {
      if (event instanceof PointerEvent && box.current?.contains(event.target as Node)) return
      pressed = event instanceof PointerEvent && event.pointerType === "mouse"
      setSelected(null)
    }
    const up = () => {
      pressed = false
      // The selection is collapsed by a press only after this event.
      setTimeout(look)
    }
    const area = scroller.current
    document.addEventListener("selectionchange", look)
    document.addEventListener("pointerdown", down)
    document.addEventListener("pointerup", up)
    area?.addEventListener("scroll", down)
    return () => {
      document.removeEventListener("selectionchange", look)
      document.removeEventListener("pointerdown", down)
      document.removeEventListener("pointerup", up)
      area?.removeEventListener("scroll", down)
    }
  }, [scroller])

  useLayoutEffect(() => {
    const element = box.current
    if (!element || !selected) return
    // Below the words on a touch screen, whose own menu is above them.
    const side = matchMedia("(pointer: coarse)").matches ? "bottom" : "top"
    const { left, top } = place(selected.at, { width: element.offsetWidth, height: element.offsetHeight }, { side, align: "center", gap: 8 })
    element.style.translate = `${left}px ${top}px`
  }, [selected])

  if (!selected) return null
  return (
    <div ref={box} className="fixed top-0 left-0 z-40">
      <Button
        variant="outline"
        size="sm"
        className="animate-in rounded-full shadow-md"
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => {
          setSelected(null)
          document.getSelection()?.removeAllRanges()
          onReply(selected.quote, selected.piece)
        }}
      >
        <Quote />{t.quoteSelected}
      </Button>
    </div>
  )
}

function find(area: HTMLElement | null, rows: readonly ThreadRow[]): Selected | null {
  const selection = document.getSelection()
  if (!area || !selection || selection.isCollapsed || selection.rangeCount === 0) return null
  const range = selection.getRangeAt(0)
  const holder = elementOf(range.commonAncestorContainer)?.closest<HTMLElement>("[data-words]")
  if (!holder || !area.contains(holder)) return null
  const message = rows.find((row) => String(row.message.id) === holder.dataset["words"])?.message
  if (!message || message.deleted_at) return null
  const piece = selectedPiece(message)
  const { id, direction, kind, content, text } = message
  return piece && { quote: { id, direction, kind, content, preview: text.replace(/[\r\n]+/g, " ") }, piece, at: range.getBoundingClientRect() }
}
