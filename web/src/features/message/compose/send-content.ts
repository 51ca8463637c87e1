import { getDraft, updateDraft } from "../draft"
import { noAnswer, type Content } from "../answer"
import { sendMessage } from "../outgoing"

/** Sent by itself: it takes the quoted message and the options along, and leaves the text in the field. */
export function sendContent(conversation: number, content: Content): void {
  const { reply, quote, options } = getDraft(conversation)
  const { silent = false, protected: guarded = false } = options
  sendMessage(conversation, { ...noAnswer, content, reply_to: reply, quote, options: { silent, protected: guarded } })
  updateDraft(conversation, () => ({ reply: null, quote: null }))
}

export interface ContentDialogProps {
  conversation: number
  onClose: () => void
}
