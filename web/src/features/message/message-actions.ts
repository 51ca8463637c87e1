import type { Message } from "@/contract"
import { getT } from "@/shared/i18n"
import { queryClient } from "@/shared/lib/query"
import { askConfirm } from "@/shared/ui/confirm"
import { explain, toast } from "@/shared/ui/toast"
import type { Abilities } from "./abilities"
import { deleteMessage, editMessage, wordsOf } from "./change-message"
import { getDraft, updateDraft, type Edit } from "./draft"
import { trim } from "./editor/model"
import { focusComposer } from "./field"
import { threadKey } from "./get-messages"
import { whyNoEdit } from "./may"
import type { ThreadState } from "./reduce"

/** The field then edits the message; what was being written waits in the draft. */
export function startEdit(message: Message): void {
  const { id, text, entities, buttons = [], files, album } = message
  updateDraft(message.conversation_id, ({ edit }) => ({ edit: edit?.id === id ? edit : { id, text, entities, buttons, caption: files.length > 0, album: album !== null, was: wordsOf(message) } }))
  focusComposer()
}

const same = (edit: Edit) => JSON.stringify([edit.text, edit.entities, edit.buttons]) === JSON.stringify([edit.was.text, edit.was.entities, edit.was.buttons])

/** A changed text that is given up can be taken back. */
export function endEdit(conversation: number): void {
  const { edit } = getDraft(conversation)
  if (!edit) return
  updateDraft(conversation, () => ({ edit: null }))
  const { message, common } = getT()
  if (!same(edit)) toast.done(message.editDropped, { label: common.undo, run: () => updateDraft(conversation, (old) => (old.edit ? {} : { edit })) })
}

/** The edit stays in the field until the server has it. */
export async function saveEdit(conversation: number, edit: Edit): Promise<void> {
  const said = trim(edit)
  if (same({ ...edit, ...said })) return updateDraft(conversation, () => ({ edit: null }))
  const about = { conversation_id: conversation, id: edit.id }
  await editMessage(about, { ...said, buttons: edit.buttons })
  updateDraft(conversation, (old) => (old.edit?.id === edit.id && old.edit.text === edit.text ? { edit: null } : {}))
  const { message, common } = getT()
  toast.done(message.editSaved, {
    label: common.undo,
    run: () => void editMessage(about, edit.was).catch((error) => toast.error(explain(error))),
  })
}

/** `able` are those of the bubble's messages that can still be deleted. */
export async function askDelete(able: readonly Message[], all: readonly Message[], { title, deleteMs }: Abilities): Promise<void> {
  const t = getT().message
  const unsent = able.every(({ delivery }) => delivery === "queued" || delivery === "failed")
  const body = unsent ? t.deleteUnsentBody : `${t.deleteBody(title, Math.round(deleteMs / 3_600_000))}${able.length < all.length ? ` ${t.deletePart(able.length, all.length)}` : ""}`
  if (!(await askConfirm({ title: able.length > 1 ? t.deleteManyTitle(able.length) : t.deleteTitle, body, action: t.deleteNow, destructive: true }))) return
  const results = await Promise.allSettled(able.map(deleteMessage))
  const failed = results.find((result) => result.status === "rejected")
  if (failed) toast.error(explain(failed.reason))
}

/** The operator's own newest answer of the open conversation; false if there is none that can be edited. */
export function editLast(conversation: number, operator: number, channel: Abilities): boolean {
  const rows = queryClient.getQueryData<ThreadState>(threadKey(conversation))?.rows ?? []
  const last = rows.findLast(({ message }) => message.direction === "out" && message.operator_id === operator && whyNoEdit(message, channel) === null)
  if (last) startEdit(last.message)
  return last !== undefined
}
