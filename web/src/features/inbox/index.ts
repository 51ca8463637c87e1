export { inboxAt } from "./address"
export { Chat } from "./chat-part"
export { openConversation } from "./open-conversation"
export { inboxPlace, listPath } from "./place"
