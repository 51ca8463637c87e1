import type { Button, Entity, Message } from "@/contract"
import { del, patch, put } from "@/shared/api/http"

const pathOf = ({ conversation_id, id }: Pick<Message, "conversation_id" | "id">) => `/api/conversations/${conversation_id}/messages/${id}`

interface Words {
  text: string
  entities: readonly Entity[]
  buttons: readonly (readonly Button[])[]
}

export const wordsOf = ({ text, entities, buttons = [] }: Message): Words => ({ text, entities, buttons })

export const editMessage = (message: Pick<Message, "conversation_id" | "id">, words: Words): Promise<Message> => patch<Message>(pathOf(message), words)
export const deleteMessage = (message: Message): Promise<Message> => del<Message>(pathOf(message))
export const reactToMessage = (message: Message, emoji: string | null): Promise<Message> => put<Message>(`${pathOf(message)}/reaction`, { emoji })
export const pinMessage = (message: Message, pinned: boolean): Promise<Message> => put<Message>(`${pathOf(message)}/pin`, { pinned })

export const ownReaction = ({ reactions = [] }: Pick<Message, "reactions">): string | null => reactions.find(({ by }) => by === "operator")?.emoji ?? null

/** Asks the channel again for what it has refused. */
export function retryChange(message: Message): Promise<Message> {
  switch (message.change?.what) {
    case "delete": return deleteMessage(message)
    case "pin": return pinMessage(message, message.pinned ?? false)
    case "reaction": return reactToMessage(message, ownReaction(message))
    default: return editMessage(message, wordsOf(message))
  }
}
