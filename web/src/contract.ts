// Printed by `switchboard print-contract` from spec/*.tbl and the field tables; do not edit by hand.

/** What an operator may do is decided by the role; see spec/roles.tbl. */
export type Role = "admin" | "senior_operator" | "operator"
export type OperatorStatus = "online" | "away" | "offline"
export type ConversationStatus = "waiting" | "active" | "snoozed" | "closed"
export type Direction = "in" | "out" | "system"
export type MessageKind = "text" | "photo" | "unsupported" | "system"
export type Delivery = "queued" | "sending" | "sent" | "failed" | "uncertain"
export type FileState = "pending" | "ready" | "failed"
export type SystemAction = "taken" | "assigned" | "unassigned" | "closed" | "reopened" | "blocked" | "unblocked" | "started"
export type EntityType =
  | "mention" | "hashtag" | "cashtag" | "bot_command" | "url" | "email" | "phone_number" | "bold" | "italic"
  | "underline" | "strikethrough" | "spoiler" | "blockquote" | "expandable_blockquote" | "code" | "pre" | "text_link"
  | "text_mention" | "custom_emoji" | "date_time"
export type BotState = "unset" | "connecting" | "ok" | "unauthorized" | "conflict" | "unreachable"
export type UpdatesMode = "polling" | "webhook"

export interface Operator {
  id: number
  login: string
  email: string
  name: string
  role: Role
  status: OperatorStatus
  active: boolean
  must_change_password: boolean
  created_at: string
}

export interface Customer {
  id: number
  channel: string
  name: string
  username: string | null
  language: string | null
  /** The customer has blocked the bot: nothing can reach them until they return. */
  blocked: boolean
  created_at: string
}

export interface LastMessage {
  id: number
  direction: Direction
  kind: MessageKind
  /** The first 160 characters of the text or a word for the content, never markup. */
  preview: string
  /** For kind "unsupported": Telegram's name of the content ("sticker", "voice"). For "system": the action. */
  content: string | null
  delivery: Delivery | null
  created_at: string
}

export interface Conversation {
  id: number
  status: ConversationStatus
  customer: Customer
  assignee_id: number | null
  last_message: LastMessage | null
  /** How many messages the customer has written; unread = inbound_count - read_count. */
  inbound_count: number
  /** Of the asking operator, in answers to requests; absent in events. */
  read_count?: number
  created_at: string
  /** The moment of the last message or change of status; the list is ordered by it. */
  updated_at: string
  closed_at: string | null
}

export interface Entity {
  type: EntityType
  /** In UTF-16 code units, as JavaScript counts. */
  offset: number
  length: number
  url?: string
  language?: string
}

export interface File {
  id: number
  state: FileState
  name: string
  mime: string
  size: number
  width: number | null
  height: number | null
}

export interface ReplyQuote {
  id: number
  direction: Direction
  preview: string
}

export interface Message {
  id: number
  conversation_id: number
  direction: Direction
  kind: MessageKind
  /** Who wrote it, where an operator did. */
  operator_id: number | null
  text: string
  entities: Entity[]
  files: File[]
  reply_to: ReplyQuote | null
  /** Messages of one album share it. */
  album: string | null
  /** For kind "unsupported": Telegram's name of the content; its raw JSON is at /api/messages/:id/raw. */
  content: string | null
  /** For direction "system". */
  action: SystemAction | null
  target_operator_id: number | null
  client_id: string | null
  delivery: Delivery | null
  /** Why it failed, as the channel said it. */
  delivery_error: string | null
  created_at: string
  edited_at: string | null
}

export interface MessageEdit {
  text: string
  entities: Entity[]
  /** When this version was replaced. */
  replaced_at: string
}

export interface DeadLetter {
  id: number
  message: Message
  customer_name: string
  error_code: string
  error: string
  attempts: number
  failed_at: string
}

export interface Bot {
  state: BotState
  mode: UpdatesMode
  id: number | null
  username: string | null
  name: string | null
  /** Telegram's words when the state is not ok. */
  error: string | null
  checked_at: string | null
}

export interface Settings {
  greeting: string
  greeting_ru: string
}

export interface Session {
  access_token: string
  token: string
  token_type: string
  expires_in: number
  operator: Operator
  user: Operator
}

export interface Me {
  operator: Operator
  permissions: string[]
  /** Runs with the simulated Telegram; the panel says so. */
  demo: boolean
  version: string
}

export interface ConversationCounts {
  waiting: number
  active: number
  /** Active conversations of the asking operator. */
  mine: number
  /** Waiting for more than this many is shown as "999+". */
  capped_at: number
}

export interface ConversationList {
  data: Conversation[]
  next_cursor: string | null
  /** The event log's position that this answer is at least as new as: events up to it change nothing. */
  seq: number
}

export interface MessageList {
  data: Message[]
  /** Ids to page on with ?before= and ?after=; null at that end of the history. */
  before: number | null
  after: number | null
  next_cursor: string | null
  seq: number
}

export interface ApiError {
  error: { code: ErrorCode; message: string; field?: string }
  message: string
}

export type ErrorCode =
  | "bad_json" | "invalid_field" | "missing_field" | "unauthorized" | "wrong_password" | "csrf_failed" | "forbidden"
  | "must_change_password" | "not_found" | "method_not_allowed" | "conflict" | "timeout" | "too_large" | "unsupported_type"
  | "rate_limited" | "overloaded" | "unavailable" | "internal" | "already_taken" | "conversation_closed"
  | "customer_blocked" | "bot_token_invalid" | "bot_unreachable" | "weak_password" | "not_retryable" | "last_admin"

/** Durable events carry a seq; each carries the whole new state of what it changed, so replaying one is harmless. */
export type DurableEvent =
  | { type: "new_message"; seq: number; data: { message: Message; conversation: Conversation } }
  | { type: "message_update"; seq: number; data: { message: Message } }
  | { type: "chat_status_change"; seq: number; data: { conversation: Conversation; message: Message | null } }
  | { type: "chat_update"; seq: number; data: { conversation: Conversation } }
  | { type: "operator_status_change"; seq: number; data: { operator: Operator } }
  | { type: "conversation_read"; seq: number; data: { conversation_id: number; operator_id: number; read_count: number } }
  | { type: "bot_status_change"; seq: number; data: { bot: Bot } }

/** Ephemeral frames have no seq and are not replayed. */
export type EphemeralEvent =
  | { type: "connection_established"; data: { seq: number; operator_id: number; server_time: string } }
  | { type: "resumed"; data: { seq: number; replayed: number } }
  /** The client fell behind or asked for what the log no longer holds: fetch anew, then go on from seq. */
  | { type: "refetch"; data: { seq: number; reason: string } }
  | { type: "typing"; data: { conversation_id: number; operator_id: number; typing: boolean } }
  /** Who has the conversation open now. */
  | { type: "presence"; data: { conversation_id: number; operator_ids: number[] } }
  | { type: "pong"; data: { server_time: string } }
  | { type: "error"; data: { code: ErrorCode; message: string } }

export type ServerFrame = DurableEvent | EphemeralEvent

export type ClientFrame =
  | { type: "auth"; token: string }
  | { type: "resume"; since: number }
  | { type: "typing"; conversation_id: number; typing: boolean }
  | { type: "viewing"; conversation_id: number | null }
  | { type: "ping" }
