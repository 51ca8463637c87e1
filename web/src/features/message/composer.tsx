import { ArrowUp, CaseSensitive, Check, Mic, Pencil, Reply, Rows3, X } from "lucide-react"
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from "react"
import type { Conversation, ReplyQuote } from "@/contract"
import { useMe } from "@/features/access"
import { openedQuietly } from "@/features/conversation"
import { useOperators } from "@/features/operator"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { useLatest, usePhone } from "@/shared/lib/hooks"
import { usePref } from "@/shared/lib/prefs"
import { isVisible } from "@/shared/lib/visible"
import { isBlank, messageLine } from "@/shared/lib/words"
import { KindIcon } from "@/shared/ui/kind-icon"
import { Button } from "@/shared/ui/button"
import { part, PartFrame } from "@/shared/ui/part"
import { toastFailure } from "@/shared/ui/toast"
import { Tooltip } from "@/shared/ui/tooltip"
import { abilitiesOf } from "./abilities"
import type { Buttons, QuotedPiece, SendOptions } from "./answer"
import { AttachMenu, type ContentDialog } from "./attach-menu"
import { Counter, excess } from "./counter"
import { clearDraft, getDraft, updateDraft, useDraft, type Edit } from "./draft"
import { Editor, type EditorHandle } from "./editor/editor"
import { emptyRich, trim, type Format, type Rich } from "./editor/model"
import { focusComposer, offerField } from "./field"
import { acceptFiles, type Wanted } from "./files"
import { FormatBar, LinkDialog } from "./format-bar"
import { editLast, endEdit, saveEdit } from "./message-actions"
import { OptionChips, offersOptions, OptionsMenu } from "./options-menu"
import { sendMessage } from "./outgoing"
import { buttonsLost, isCaption, planAnswer } from "./plan"
import { canRecord } from "./record/support"
import { FileTray } from "./tray"
import { endTyping, tellActivity, tellColleagues } from "./typing"

const Dialogs = {
  location: part(() => import("./compose/location")),
  contact: part(() => import("./compose/contact")),
  poll: part(() => import("./compose/poll")),
  dice: part(() => import("./compose/dice")),
  sticker: part(() => import("./compose/sticker")),
  videoNote: part(() => import("./compose/video-note")),
  buttons: part(() => import("./compose/buttons")),
}
const VoiceBar = part(() => import("./record/voice-bar"))

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
  const me = useMe().operator.id
  const sendKey = usePref("sendKey")
  const editor = useRef<EditorHandle>(null)
  const [rich, setRich] = useState<Rich>(emptyRich)
  const [active, setActive] = useState<readonly Format[]>([])
  const [language, setLanguage] = useState<string | null>(null)
  const [formatting, setFormatting] = useState(false)
  const [linking, setLinking] = useState(false)
  const [saving, setSaving] = useState(false)
  const [dialog, setDialog] = useState<keyof typeof Dialogs | null>(null)
  const [recording, setRecording] = useState(false)
  const { id, customer } = conversation
  const channel = abilitiesOf(customer.channel)
  const draft = useDraft(id)
  const { files, reply, quote, options, buttons, edit, missing, elsewhere } = draft

  const answer = { ...trim(rich), files, content: null, reply_to: reply, quote, options, buttons: finished(buttons) }
  const caption = edit ? edit.caption : files.length > 0 && isCaption({ ...answer, text: " " })
  const blank = rich.text.trim() === "" && files.length === 0 && missing.length === 0
  const lost = !edit && buttonsLost(answer)
  const fits = excess(rich, { caption, edit: edit !== null }) <= 0
  const ready = fits && !saving && (edit ? edit.caption || isVisible(rich.text) : missing.length === 0 && !blank && !lost && !customer.blocked)
  const voice = blank && !edit && channel.carries("voice") && canRecord() && !customer.blocked

  const addFiles = (chosen: readonly File[], wanted: Wanted = "any") => {
    // Looking at the bytes takes a moment, in which one may have gone on: they stay with this conversation.
    void acceptFiles(id, chosen, wanted, channel)
    editor.current?.focus()
  }
  // What is left is writing on; the field is drawn again first.
  const goOn = () => void setTimeout(focusComposer)
  const endReply = () => {
    updateDraft(id, () => ({ reply: null, quote: null }))
    goOn()
  }
  const leaveEdit = () => {
    endEdit(id)
    goOn()
  }
  const setOptions = (change: SendOptions) => {
    updateDraft(id, (old) => ({ options: { ...old.options, ...change } }))
    if (!phone) editor.current?.focus()
  }

  const handle = useLatest<ComposerHandle>({ focus: () => editor.current?.focus(), addFiles })
  useImperativeHandle(ref, () => ({ focus: () => handle.current.focus(), addFiles: (files) => handle.current.addFiles(files) }), [handle])
  useLayoutEffect(() => offerField(() => handle.current.focus()), [handle])

  const editId = edit?.id ?? null
  useLayoutEffect(() => {
    const { text, entities, edit } = getDraft(id)
    editor.current?.set(edit ? { text: edit.text, entities: edit.entities } : { text, entities })
  }, [id, elsewhere, editId])

  // Before anything else can be typed: a letter that is on its way belongs into the field.
  useLayoutEffect(() => {
    // A phone's keyboard would cover half of what one came to read.
    if (!phone && openedQuietly.get() !== id) editor.current?.focus()
  }, [id, phone])
  useEffect(() => () => setRecording(false), [id])

  // The dialog has returned the focus to the button of its menu, and whoever closed it goes on writing.
  useEffect(() => (dialog && !phone ? () => editor.current?.focus() : undefined), [dialog, phone])

  const changed = (next: Rich) => {
    setRich(next)
    const { edit, ...main } = getDraft(id)
    const { text, entities } = edit ?? main
    // What was brought back from the draft is not being written.
    if (next.text === text && next.entities === entities) return
    updateDraft(id, (old) => (old.edit ? { edit: { ...old.edit, text: next.text, entities: next.entities } } : { text: next.text, entities: next.entities }))
    if (!next.text) return
    if (!edit && channel.can("activity")) tellActivity(id, "typing")
    tellColleagues(id)
  }

  const submitEdit = (edit: Edit) => {
    setSaving(true)
    void saveEdit(id, edit).catch(toastFailure).finally(() => setSaving(false))
    endTyping(id)
  }

  const submit = () => {
    if (!ready) return
    if (edit) return submitEdit({ ...edit, text: rich.text, entities: rich.entities, buttons: finished(edit.buttons) })
    sendMessage(id, answer)
    clearDraft(id)
    editor.current?.set(emptyRich)
    endTyping(id)
    editor.current?.focus()
  }

  const key = (event: KeyboardEvent): boolean => {
    const ctrl = event.ctrlKey || event.metaKey
    if (event.key === "Enter" && ctrl && event.shiftKey) return false
    if (event.key === "Enter" && (ctrl || (sendKey === "enter" && !event.shiftKey && !phone))) submit()
    else if (event.key === "Escape" && edit) endEdit(id)
    else if (event.key === "Escape" && reply) endReply()
    else if (ctrl && event.shiftKey && event.code === "KeyK") openLink()
    else if (!opensLast(event) || !editLast(id, me, channel)) return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  /** The arrow up in a field in which nothing is. */
  const opensLast = (event: KeyboardEvent) => event.key === "ArrowUp" && blank && !edit && !reply && ![event.ctrlKey, event.metaKey, event.altKey, event.shiftKey].includes(true)

  const openLink = () => {
    if (editor.current?.selectedText()) setLinking(true)
  }
  const onActive = (formats: readonly Format[]) => {
    setActive(formats)
    setLanguage(editor.current?.language() ?? null)
  }

  const hint = edit ? t.composer.saveEdit : sendKey === "enter" ? t.composer.enterSends : t.composer.ctrlEnterSends
  const Open = dialog && Dialogs[dialog]
  const withOptions = !edit && !voice && offersOptions(channel)
  return (
    <div className="shrink-0 bg-chat px-3 pt-1 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-6 md:pb-4">
      <div className="mx-auto max-w-[53rem]">
        <Bar conversation={conversation} />
        <div className="rounded-2xl border border-input bg-surface shadow-sm transition-[border-color,box-shadow] focus-within:border-ring/60 focus-within:ring-3 focus-within:ring-ring/10">
          {edit ? <EditBar edit={edit} onButtons={channel.can("buttons") && !edit.album ? () => setDialog("buttons") : undefined} onCancel={leaveEdit} /> : (
            <>
              {reply && <ReplyBar reply={reply} quote={quote} name={customer.name} onCancel={endReply} />}
              <OptionChips options={options} buttons={buttons} onChange={setOptions} onButtons={() => setDialog("buttons")} onNoButtons={() => updateDraft(id, () => ({ buttons: [] }))} />
              <FileTray conversation={id} files={files} channel={channel} />
              {buttons.length > 0 && files.length > 0 && (lost || planAnswer(answer).length > 1) && <p role="status" className={cn("px-4 pt-2 text-xs", lost ? "text-destructive" : "text-muted-foreground")}>{lost ? t.composer.buttonsNeedText : t.composer.buttonsApart}</p>}
            </>
          )}
          {formatting && <FormatBar active={active} onToggle={(format) => editor.current?.toggle(format)} onLink={openLink} language={language} onLanguage={(name) => editor.current?.setLanguage(name)} />}
          {recording && <PartFrame onMissing={() => setRecording(false)}><VoiceBar key={id} conversation={id} activity={channel.can("activity")} onClose={() => setRecording(false)} /></PartFrame>}
          {/* On a phone the text has the whole width while it is written, and the buttons stand below. */}
          <div className={cn("group/field flex items-end gap-1 p-1.5 max-md:focus-within:flex-wrap", recording && "hidden")}>
            {!edit && <AttachMenu channel={channel} onFiles={addFiles} onDialog={(wanted: ContentDialog) => setDialog(wanted)} />}
            <Editor
              ref={editor}
              label={edit ? t.composer.editing : t.composer.label}
              placeholder={edit ? t.composer.editPlaceholder : files.length > 0 ? t.composer.caption : t.composer.placeholder}
              onChange={changed}
              onActive={onActive}
              onKey={key}
              onFiles={(pasted) => !edit && addFiles(pasted)}
            />
            <Tooltip label={t.composer.format} side="top">
              <Button variant="ghost" size="icon" aria-label={t.composer.format} aria-expanded={formatting} className={cn(formatting && "text-link")} onMouseDown={(event) => event.preventDefault()} onClick={() => setFormatting(!formatting)}><CaseSensitive /></Button>
            </Tooltip>
            {voice ? (
              <Tooltip label={t.composer.record} side="top">
                <Button variant="ghost" size="icon" className="ml-auto" aria-label={t.composer.record} data-testid="record-button" onClick={() => setRecording(true)}><Mic /></Button>
              </Tooltip>
            ) : (
              <div className="ml-auto flex shrink-0 gap-px overflow-hidden rounded-xl">
                <Tooltip label={hint} side="top">
                  <Button size="icon" busy={saving} className="rounded-none -outline-offset-2 [&[aria-busy]_svg]:hidden" aria-label={edit ? t.composer.saveEdit : t.composer.send} data-testid="send-button" disabled={!ready} onClick={submit} onContextMenu={openOptions}>{edit ? <Check /> : <ArrowUp />}</Button>
                </Tooltip>
                {withOptions && <OptionsMenu channel={channel} options={options} buttons={buttons} files={files} text={rich.text} onChange={setOptions} onButtons={() => setDialog("buttons")} />}
              </div>
            )}
          </div>
          {!recording && <Counter rich={rich} caption={caption} edit={edit !== null} />}
        </div>
      </div>
      {Open && <PartFrame onMissing={() => setDialog(null)}><Open conversation={id} onClose={() => setDialog(null)} /></PartFrame>}
      <LinkDialog open={linking} linked={active.includes("text_link")} onClose={() => setLinking(false)} onLink={(url) => editor.current?.link(url)} />
    </div>
  )
}

/** Without those that were begun and left before they had a label and an action. */
const finished = (rows: Buttons): Buttons => rows.map((row) => row.filter(({ text, url, callback, copy }) => text.trim() !== "" && (url || callback || copy))).filter((row) => row.length > 0)

/** A right click or a long press on the button opens the menu beside it. */
function openOptions(event: React.MouseEvent<HTMLElement>): void {
  const menu = event.currentTarget.parentElement?.querySelector<HTMLElement>("[data-testid=send-options]")
  if (!menu) return
  event.preventDefault()
  menu.click()
}

function EditBar({ edit, onButtons, onCancel }: { edit: Edit; onButtons?: (() => void) | undefined; onCancel: () => void }) {
  const t = useT().composer
  const count = edit.buttons.flat().length
  return (
    <div data-testid="edit-bar" className="flex items-center gap-3 border-b px-4 py-2">
      <Pencil className="size-4 shrink-0 text-link" aria-hidden="true" />
      <div className="min-w-0 flex-1 text-[13px]">
        <span className="font-medium text-link">{t.editing}</span>
        <p dir="auto" className="truncate text-left text-muted-foreground">{edit.was.text || "\u00a0"}</p>
      </div>
      {onButtons && <Button variant="ghost" size="sm" className="text-muted-foreground" aria-label={count > 0 ? `${t.changeButtons}: ${t.chipButtons(count)}` : t.changeButtons} data-tip={t.changeButtons} data-tip-side="top" onClick={onButtons}><Rows3 />{count > 0 && count}</Button>}
      <Button variant="ghost" size="icon-sm" aria-label={t.cancelEdit} onClick={onCancel}><X /></Button>
    </div>
  )
}

function ReplyBar({ reply, quote, name, onCancel }: { reply: ReplyQuote; quote: QuotedPiece | null; name: string; onCancel: () => void }) {
  const t = useT()
  return (
    <div className="flex items-center gap-3 border-b px-4 py-2">
      <Reply className="size-4 shrink-0 text-link" aria-hidden="true" />
      <div className="min-w-0 flex-1 text-[13px]">
        <span className="font-medium text-link">{quote ? t.composer.quoting : t.message.replyTo} <bdi>{reply.direction === "in" ? name : t.message.ownAnswer}</bdi></span>
        {quote ? <p dir="auto" data-testid="quoted-piece" className="line-clamp-2 rounded bg-code px-2 text-left wrap-anywhere text-muted-foreground">{quote.text}</p> : <p className="flex min-w-0 items-center gap-1"><KindIcon kind={reply.kind} /><span dir="auto" className={cn("truncate text-left text-muted-foreground", isBlank(reply) && "italic")}>{messageLine(reply, t)}</span></p>}
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
    : conversation.spam_reason !== null
      ? t.spamBars[conversation.spam_reason]
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
