import { Bold, Code, EyeOff, Italic, Link2, ListCollapse, SquareCode, Strikethrough, TextQuote, Underline, type LucideIcon } from "lucide-react"
import { useState, type FormEvent } from "react"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, Input } from "@/shared/ui/field"
import { Tooltip } from "@/shared/ui/tooltip"
import type { Format } from "./editor/model"
import { safeUrl } from "./entities"

interface FormatAction {
  format: Format
  icon: LucideIcon
  name: "bold" | "italic" | "underline" | "strikethrough" | "code" | "pre" | "spoiler" | "blockquote" | "expandable" | "link"
  shortcut?: string
}

const formatActions: readonly FormatAction[] = [
  { format: "bold", icon: Bold, name: "bold", shortcut: "mod+b" },
  { format: "italic", icon: Italic, name: "italic", shortcut: "mod+i" },
  { format: "underline", icon: Underline, name: "underline", shortcut: "mod+u" },
  { format: "strikethrough", icon: Strikethrough, name: "strikethrough", shortcut: "mod+shift+x" },
  { format: "text_link", icon: Link2, name: "link", shortcut: "mod+shift+k" },
  { format: "spoiler", icon: EyeOff, name: "spoiler", shortcut: "mod+shift+p" },
  { format: "blockquote", icon: TextQuote, name: "blockquote", shortcut: "mod+shift+9" },
  { format: "expandable_blockquote", icon: ListCollapse, name: "expandable", shortcut: "mod+shift+8" },
  { format: "code", icon: Code, name: "code", shortcut: "mod+shift+m" },
  { format: "pre", icon: SquareCode, name: "pre", shortcut: "mod+shift+c" },
]

/** Offered for a code block; any other can be typed. */
const languages = ["bash", "c", "cpp", "csharp", "css", "diff", "go", "html", "java", "javascript", "json", "kotlin", "php", "python", "ruby", "rust", "sql", "swift", "typescript", "xml", "yaml"]

interface FormatBarProps {
  active: readonly Format[]
  onToggle: (format: Format) => void
  onLink: () => void
  /** Of the code block at the caret; null outside of one. */
  language: string | null
  onLanguage: (language: string) => void
}

export function FormatBar({ active, onToggle, onLink, language, onLanguage }: FormatBarProps) {
  const t = useT().composer
  return (
    <div role="toolbar" aria-label={t.format} className="scroll-area flex gap-0.5 overflow-x-auto px-2 pt-1.5">
      {formatActions.map(({ format, icon: Icon, name, shortcut }) => (
        <Tooltip key={format} label={t[name]} shortcut={shortcut} side="top">
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={t[name]}
            aria-pressed={active.includes(format)}
            className={cn("max-md:w-auto max-md:min-w-0 max-md:flex-1", active.includes(format) && "bg-primary-soft text-link")}
            // The selection in the field must survive the press.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => (format === "text_link" ? onLink() : onToggle(format))}
          >
            <Icon />
          </Button>
        </Tooltip>
      ))}
      {language !== null && (
        <>
          <input
            key={language}
            list="code-languages"
            defaultValue={language}
            maxLength={32}
            aria-label={t.language}
            placeholder={t.language}
            onBlur={(event) => onLanguage(event.target.value.trim().toLowerCase())}
            onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
            className="ml-1 h-8 w-36 min-w-0 rounded-lg border border-input bg-surface px-2 text-xs max-md:h-10 max-md:text-base"
          />
          <datalist id="code-languages">{languages.map((name) => <option key={name} value={name} />)}</datalist>
        </>
      )}
    </div>
  )
}

interface LinkDialogProps {
  open: boolean
  linked: boolean
  onClose: () => void
  onLink: (url: string | null) => void
}

export function LinkDialog({ open, linked, onClose, onLink }: LinkDialogProps) {
  const t = useT()
  const [url, setUrl] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const safe = safeUrl(url)
    if (!safe) return
    onClose()
    setUrl("")
    onLink(safe)
  }
  return (
    <Dialog open={open} onClose={onClose} title={t.composer.link}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t.composer.linkUrl}>
          {(props) => <Input {...props} autoFocus inputMode="url" placeholder="https://" value={url} onChange={(event) => setUrl(event.target.value)} />}
        </Field>
        <div className="flex justify-end gap-2">
          {linked && <Button variant="outline" onClick={() => { onClose(); onLink(null) }}>{t.composer.linkRemove}</Button>}
          <Button type="submit" disabled={!safeUrl(url)}>{t.composer.linkAdd}</Button>
        </div>
      </form>
    </Dialog>
  )
}
