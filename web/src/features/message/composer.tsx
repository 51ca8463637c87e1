import { ArrowUp, CaseSensitive, Paperclip, Reply, X } from "lucide-react"
import { useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from "react"
import { limits, type Conversation, type ReplyQuote } from "@/contract"
import { useMe } from "@/features/access"
import { openedQuietly } from "@/features/conversation"
import { useOperators } from "@/features/operator"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { useLatest, usePhone } from "@/shared/lib/hooks"
import { usePref } from "@/shared/lib/prefs"
import { isBlank, messageLine } from "@/shared/lib/words"
import { KindIcon } from "@/shared/ui/kind-icon"
import { send as sendFrame } from "@/shared/realtime/client"
import { Button } from "@/shared/ui/button"
import { Tooltip } from "@/shared/ui/tooltip"
import { clearDraft, getDraft, updateDraft, useDraft } from "./draft"
import { Editor, type EditorHandle } from "./editor/editor"
import { codePoints, emptyRich, trim, type Format, type Rich } from "./editor/model"
import { offerField } from "./field"
import { FormatBar, LinkDialog } from "./format-bar"
import { sendMessage } from "./outgoing"
import { acceptPhotos, photoFiles, PhotoTray, removePhoto } from "./photos"

/** The counter shows only when it begins to matter. */
const counterFrom = 200
const typingEveryMs = 3000

export interface ComposerHandle {
  focus(): void
  addFiles(files: readonly File[]): void
}

interface ComposerProps {
  conversation: Conversation
  ref: Ref<ComposerHandle>
}

export function Composer({ conversation, ref }: ComposerProps) {
  const t = useT()
  const phone = usePhone()
  const sendKey = usePref("sendKey")
  const editor = useRef<EditorHandle>(null)
  const picker = useRef<HTMLInputElement>(null)
  const typedAt = useRef(0)
  const [rich, setRich] = useState<Rich>(emptyRich)
  const [active, setActive] = useState<readonly Format[]>([])
  const [formatting, setFormatting] = useState(false)
  const [linking, setLinking] = useState(false)
  const { id } = conversation
  const { photos, reply, missing, elsewhere } = useDraft(id)

  const limit = photos.length > 0 ? limits.caption_max : limits.text_max
  const left = limit - codePoints(rich.text.trim())
  const ready = left >= 0 && missing.length === 0 && (rich.text.trim() !== "" || photos.length > 0) && !conversation.customer.blocked

  const addFiles = (files: readonly File[]) => {
    // Looking at the bytes takes a moment, in which one may have gone on: they stay with this conversation.
    void acceptPhotos(files, () => limits.photos_max - getDraft(id).photos.length).then((added) => updateDraft(id, (old) => ({ photos: [...old.photos, ...added] })))
    editor.current?.focus()
  }
  const endReply = () => updateDraft(id, () => ({ reply: null }))

  const handle = useLatest<ComposerHandle>({ focus: () => editor.current?.focus(), addFiles })
  useImperativeHandle(ref, () => ({ focus: () => handle.current.focus(), addFiles: (files) => handle.current.addFiles(files) }), [handle])
  useLayoutEffect(() => offerField(() => handle.current.focus()), [handle])

  useLayoutEffect(() => {
    const { text, entities } = getDraft(id)
    editor.current?.set({ text, entities })
  }, [id, elsewhere])

  // Before anything else can be typed: a letter that is on its way belongs into the field.
  useLayoutEffect(() => {
    // A phone's keyboard would cover half of what one came to read.
    if (!phone && openedQuietly.get() !== id) editor.current?.focus()
  }, [id, phone])

  const changed = (next: Rich) => {
    setRich(next)
    const { text, entities } = getDraft(id)
    // What was brought back from the draft is not being written.
    if (next.text === text && next.entities === entities) return
    updateDraft(id, () => ({ text: next.text, entities: next.entities }))
    if (next.text && Date.now() - typedAt.current > typingEveryMs) {
      typedAt.current = Date.now()
      sendFrame({ type: "typing", conversation_id: id, typing: true })
    }
  }

  const submit = () => {
    if (!ready) return
    const { text, entities } = trim(rich)
    sendMessage(id, { text, entities, photos, reply_to: reply })
    clearDraft(id)
    editor.current?.set(emptyRich)
    if (typedAt.current > 0) sendFrame({ type: "typing", conversation_id: id, typing: false })
    typedAt.current = 0
    editor.current?.focus()
  }

  const key = (event: KeyboardEvent): boolean => {
    const ctrl = event.ctrlKey || event.metaKey
    if (event.key === "Enter" && ctrl && event.shiftKey) return false
    if (event.key === "Enter" && (ctrl || (sendKey === "enter" && !event.shiftKey && !phone))) submit()
    else if (event.key === "Escape" && reply) endReply()
    else if (ctrl && event.shiftKey && event.code === "KeyK") openLink()
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  const openLink = () => {
    if (editor.current?.selectedText()) setLinking(true)
  }

  const hint = sendKey === "enter" ? t.composer.enterSends : t.composer.ctrlEnterSends
  return (
    <div className="shrink-0 bg-chat px-3 pt-1 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-6 md:pb-4">
      <div className="mx-auto max-w-[53rem]">
        <Bar conversation={conversation} />
        <div className="rounded-2xl border border-input bg-surface shadow-sm transition-[border-color,box-shadow] focus-within:border-ring/60 focus-within:ring-3 focus-within:ring-ring/10">
          {reply && <ReplyBar reply={reply} name={conversation.customer.name} onCancel={endReply} />}
          <PhotoTray photos={photos} onRemove={(gone) => removePhoto(id, gone)} />
          {formatting && <FormatBar active={active} onToggle={(format) => editor.current?.toggle(format)} onLink={openLink} />}
          <div className="flex items-end gap-1 p-1.5">
            <Tooltip label={t.composer.attach} side="top">
              <Button variant="ghost" size="icon" aria-label={t.composer.attach} onClick={() => picker.current?.click()}><Paperclip /></Button>
            </Tooltip>
            <Editor
              ref={editor}
              label={t.composer.label}
              placeholder={photos.length > 0 ? t.composer.caption : t.composer.placeholder}
              onChange={changed}
              onActive={setActive}
              onKey={key}
              onFiles={addFiles}
            />
            <Tooltip label={t.composer.format} side="top">
              <Button variant="ghost" size="icon" aria-label={t.composer.format} aria-expanded={formatting} className={cn(formatting && "text-link")} onMouseDown={(event) => event.preventDefault()} onClick={() => setFormatting(!formatting)}><CaseSensitive /></Button>
            </Tooltip>
            <Tooltip label={hint} side="top">
              <Button size="icon" className="rounded-xl" aria-label={t.composer.send} data-testid="send-button" disabled={!ready} onClick={submit}><ArrowUp /></Button>
            </Tooltip>
          </div>
          {left < counterFrom && (
            <p role="status" className={cn("px-4 pb-2 text-right text-xs tabular-nums", left < 0 ? "text-destructive" : "text-subtle")}>
              {left < 0 ? t.composer.tooLong(-left) : t.composer.left(left)}
            </p>
          )}
        </div>
      </div>
      <input
        ref={picker}
        type="file"
        accept={photoFiles}
        multiple
        hidden
        aria-label={t.composer.attach}
        onChange={(event) => {
          addFiles([...(event.target.files ?? [])])
          event.target.value = ""
        }}
      />
      <LinkDialog open={linking} linked={active.includes("text_link")} onClose={() => setLinking(false)} onLink={(url) => editor.current?.link(url)} />
    </div>
  )
}

function ReplyBar({ reply, name, onCancel }: { reply: ReplyQuote; name: string; onCancel: () => void }) {
  const t = useT()
  return (
    <div className="flex items-center gap-3 border-b px-4 py-2">
      <Reply className="size-4 shrink-0 text-link" aria-hidden="true" />
      <div className="min-w-0 flex-1 text-[13px]">
        <span className="font-medium text-link">{t.message.replyTo} <bdi>{reply.direction === "in" ? name : t.message.ownAnswer}</bdi></span>
        <p className="flex min-w-0 items-center gap-1"><KindIcon kind={reply.kind} /><span dir="auto" className={cn("truncate text-left text-muted-foreground", isBlank(reply) && "italic")}>{messageLine(reply, t)}</span></p>
      </div>
      <Button variant="ghost" size="icon-sm" aria-label={t.message.cancelReply} onClick={onCancel}><X /></Button>
    </div>
  )
}

/** One calm line on what an answer would do, where that is not plain. */
function Bar({ conversation }: { conversation: Conversation }) {
  const t = useT().conversation
  const me = useMe().operator
  const holder = useOperators().find(({ id }) => id === conversation.assignee_id)
  const text = conversation.customer.blocked
    ? t.blockedBar
    : conversation.status === "closed"
      ? t.closedBar
      : conversation.status === "snoozed" && conversation.inbound_count > 0
        ? t.snoozedBar
      : conversation.status === "waiting" && conversation.assignee_id === null
        ? t.waitingBar
        : holder && holder.id !== me.id
          ? t.otherBar(holder.name)
          : null
  if (!text) return null
  return <p className={cn("px-2 pb-1.5 text-center text-xs", conversation.customer.blocked ? "text-destructive" : "text-muted-foreground")}>{text}</p>
}
