import { useEffect, useImperativeHandle, useLayoutEffect, useRef, type ClipboardEvent, type FormEvent, type KeyboardEvent, type Ref } from "react"
import { chord } from "@/shared/lib/keyboard"
import { useLatest } from "@/shared/lib/hooks"
import { draw, getSelection, read, setSelection, type Span } from "./dom"
import { addMark, applyMarkdown, blockAt, covered, emptyRich, insertRich, marksAt, removeMark, replaceRange, setLanguage, toggleMark, type Format, type Mark, type Rich } from "./model"

export interface EditorHandle {
  focus(): void
  get(): Rich
  set(rich: Rich): void
  toggle(format: Format): void
  /** Null takes the link away. */
  link(url: string | null): void
  selectedText(): string
  /** Of the code block at the caret; null outside of one. */
  language(): string | null
  setLanguage(language: string): void
  insert(text: string): void
}

interface EditorProps {
  label: string
  placeholder: string
  onChange: (rich: Rich) => void
  onActive: (formats: readonly Format[]) => void
  /** True when the key was used. */
  onKey: (event: KeyboardEvent) => boolean
  onFiles: (files: File[]) => void
  ref: Ref<EditorHandle>
}

interface Snapshot {
  rich: Rich
  caret: Span
}

const keyFormats: Record<string, Format> = {
  "mod+b": "bold", "mod+i": "italic", "mod+u": "underline", "mod+shift+x": "strikethrough", "mod+shift+m": "code", "mod+shift+p": "spoiler", "mod+shift+c": "pre",
  "mod+shift+.": "blockquote", "mod+shift+9": "blockquote", "mod+shift+8": "expandable_blockquote",
}
const allFormats: readonly Format[] = ["bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "expandable_blockquote", "text_link"]
const undoStepMs = 600
const undoLimit = 200

/**
 * The browser edits plain text in place; what it made is read back into the model. Formatting, paste and undo are done on
 * the model and drawn again, so that no foreign markup ever enters and offsets are always those of the text.
 */
export function Editor({ label, placeholder, onChange, onActive, onKey, onFiles, ref }: EditorProps) {
  const root = useRef<HTMLDivElement>(null)
  const model = useRef<Rich>(emptyRich)
  const caret = useRef<Span>({ from: 0, to: 0 })
  /** Formats chosen with nothing selected: the next letter takes them. */
  const pending = useRef<Mark[] | null>(null)
  const undo = useRef<Snapshot[]>([])
  const redo = useRef<Snapshot[]>([])
  const lastStep = useRef(0)
  const handlers = useLatest({ onChange, onActive })

  const remember = (fresh: boolean) => {
    const now = Date.now()
    if (!fresh && now - lastStep.current < undoStepMs) return
    lastStep.current = now
    undo.current = [...undo.current.slice(-undoLimit), { rich: model.current, caret: caret.current }]
    redo.current = []
  }

  const report = () => {
    const { from, to } = caret.current
    const active = pending.current
      ? pending.current.map(({ type }) => type)
      : from === to
        ? marksAt(model.current, from).map(({ type }) => type)
        : allFormats.filter((format) => covered(model.current, from, to, format))
    handlers.current.onActive(active)
  }

  const apply = (rich: Rich, next: Span, focus = true) => {
    model.current = rich
    caret.current = next
    const element = root.current
    if (!element) return
    draw(element, rich)
    if (focus) {
      element.focus()
      setSelection(element, next)
    }
    handlers.current.onChange(rich)
    report()
  }

  const where = (): Span => (root.current && getSelection(root.current)) ?? caret.current

  const insert = (text: string) => {
    remember(true)
    const { from, to } = where()
    const marks = pending.current ?? marksAt(model.current, from)
    pending.current = null
    apply(replaceRange(model.current, from, to, text, marks), { from: from + text.length, to: from + text.length })
  }

  const insertPiece = (piece: Rich) => {
    remember(true)
    const { from, to } = where()
    pending.current = null
    const at = from + piece.text.length
    apply(insertRich(model.current, from, to, piece), { from: at, to: at })
    pending.current = []
  }

  const toggle = (format: Format) => {
    const span = where()
    root.current?.focus()
    if (span.from === span.to) {
      const now = pending.current ?? marksAt(model.current, span.from)
      const has = now.some(({ type }) => type === format)
      pending.current = has ? now.filter(({ type }) => type !== format) : [...now, { type: format }]
      return report()
    }
    remember(true)
    apply(toggleMark(model.current, span.from, span.to, format), span)
  }

  const step = (from: typeof undo, to: typeof undo) => {
    const snapshot = from.current.at(-1)
    if (!snapshot) return
    from.current = from.current.slice(0, -1)
    to.current = [...to.current, { rich: model.current, caret: caret.current }]
    lastStep.current = 0
    apply(snapshot.rich, snapshot.caret)
  }

  useImperativeHandle(ref, () => ({
    focus: () => {
      const element = root.current
      if (!element) return
      element.focus()
      setSelection(element, caret.current)
    },
    get: () => model.current,
    set: (rich) => {
      undo.current = []
      redo.current = []
      pending.current = null
      const at = rich.text.length
      apply(rich, { from: at, to: at }, document.activeElement === root.current)
    },
    toggle,
    link: (url) => {
      const { from, to } = caret.current
      if (from === to) return
      remember(true)
      const rich = url ? addMark(model.current, from, to, { type: "text_link", url }) : removeMark(model.current, from, to, "text_link")
      apply(rich, { from, to })
    },
    selectedText: () => model.current.text.slice(caret.current.from, caret.current.to),
    language: () => {
      const block = blockAt(model.current, caret.current.from, caret.current.to)
      return block ? (block.language ?? "") : null
    },
    setLanguage: (language) => {
      const block = blockAt(model.current, caret.current.from, caret.current.to)
      if (!block) return
      remember(true)
      apply(setLanguage(model.current, block, language), caret.current, false)
    },
    insert,
  }))

  useLayoutEffect(() => {
    if (root.current) {
      draw(root.current, model.current)
      // Browsers that do not know the plain kind leave the field dead; the rich kind does, since nothing rich gets in.
      if (!root.current.isContentEditable) root.current.contentEditable = "true"
    }
    const changed = () => {
      const span = root.current && document.activeElement === root.current ? getSelection(root.current) : null
      if (!span) return
      if (span.from !== caret.current.from || span.to !== caret.current.to) pending.current = null
      caret.current = span
      report()
    }
    document.addEventListener("selectionchange", changed)
    return () => document.removeEventListener("selectionchange", changed)
    // The listener reads everything through refs.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  useEffect(() => {
    const element = root.current
    if (!element) return
    const before = (event: InputEvent) => {
      if (event.inputType === "historyUndo" || event.inputType === "historyRedo") {
        event.preventDefault()
        if (event.inputType === "historyUndo") step(undo, redo)
        else step(redo, undo)
      } else if (event.inputType === "insertParagraph" || event.inputType === "insertLineBreak") {
        event.preventDefault()
        insert("\n")
      } else if (event.inputType === "insertText" && pending.current && event.data && !event.isComposing) {
        event.preventDefault()
        insert(event.data)
      } else if (event.inputType.startsWith("format")) event.preventDefault()
      else remember(false)
    }
    element.addEventListener("beforeinput", before)
    return () => element.removeEventListener("beforeinput", before)
    // As above.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  const changed = (event: FormEvent<HTMLDivElement>) => {
    const element = event.currentTarget
    model.current = read(element)
    element.toggleAttribute("data-empty", model.current.text === "")
    caret.current = getSelection(element) ?? caret.current
    // The browser would go on in the formatting of the last letter.
    if (model.current.text === "") pending.current = []
    const native = event.nativeEvent as InputEvent
    const styled = !native.isComposing && native.inputType === "insertText" && caret.current.from === caret.current.to
      ? applyMarkdown(model.current, caret.current.from)
      : null
    if (!styled) return handlers.current.onChange(model.current)
    remember(true)
    pending.current = null
    apply(styled.rich, { from: styled.caret, to: styled.caret })
    pending.current = []
  }

  const keyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.nativeEvent.isComposing || onKey(event)) return
    const pressed = chord(event.nativeEvent)
    const format = keyFormats[pressed]
    if (format) toggle(format)
    else if (pressed === "mod+z") step(undo, redo)
    else if (pressed === "mod+shift+z" || pressed === "mod+y") step(redo, undo)
    else return
    event.preventDefault()
  }

  const paste = (event: ClipboardEvent) => {
    event.preventDefault()
    const files = [...event.clipboardData.files]
    const html = event.clipboardData.getData("text/html")
    // An office program offers a picture of its text, too.
    if (files.length > 0 && (html === "" || event.clipboardData.getData("text/plain") === "")) return onFiles(files)
    const text = event.clipboardData.getData("text/plain").replaceAll("\r\n", "\n").replaceAll("\r", "\n")
    if (!html) return void (text && insert(text))
    // The reader of pages is loaded when the first formatted text is pasted.
    void import("./read-html").then(
      ({ readHtml }) => {
        const rich = readHtml(html)
        if (rich.entities.length > 0) insertPiece(rich)
        else if (text) insert(text)
      },
      () => text && insert(text),
    )
  }

  return (
    <div
      ref={root}
      role="textbox"
      aria-multiline="true"
      aria-label={label}
      data-placeholder={placeholder}
      data-testid="composer"
      contentEditable="plaintext-only"
      suppressContentEditableWarning
      spellCheck
      tabIndex={0}
      dir="auto"
      onInput={changed}
      onKeyDown={keyDown}
      onPaste={paste}
      onDrop={(event) => {
        if (event.dataTransfer.files.length === 0) return
        event.preventDefault()
        onFiles([...event.dataTransfer.files])
      }}
      className="composer-field rich scroll-area max-h-[40dvh] min-h-10 w-full max-md:group-focus-within/field:order-first max-md:group-focus-within/field:basis-full px-3 py-2.5 text-[15px] leading-[1.4] whitespace-pre-wrap wrap-anywhere outline-none md:text-[14px]"
    />
  )
}
