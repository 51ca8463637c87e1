// Printed by `switchboard print-contract` from spec/*.tbl and the field tables; do not edit by hand.

export type Role = "admin" | "senior_operator" | "operator"
export type OperatorStatus = "online" | "away" | "offline"
export type ConversationStatus = "waiting" | "active" | "snoozed" | "closed"
export type SpamReason = "flood" | "marked" | "unproven" | "blocked"
export type Direction = "in" | "out" | "system"
export type MessageKind =
  | "text" | "photo" | "unsupported" | "system" | "service" | "live_photo" | "video" | "animation" | "audio" | "voice"
  | "video_note" | "document" | "sticker" | "location" | "venue" | "contact" | "poll" | "dice" | "checklist" | "story"
  | "game" | "invoice" | "payment" | "paid_media" | "gift" | "web_app_data" | "rich" | "press"
export type Delivery = "queued" | "sending" | "sent" | "failed" | "uncertain"
export type Activity =
  | "typing" | "record_voice" | "record_video_note" | "upload_photo" | "upload_video" | "upload_document"
  | "upload_voice" | "choose_sticker"
export type ActorKind = "system" | "operator" | "customer" | "api_key" | "rule" | "assistant"
export type EntityType =
  | "mention" | "hashtag" | "cashtag" | "bot_command" | "url" | "email" | "phone_number" | "bold" | "italic"
  | "underline" | "strikethrough" | "spoiler" | "blockquote" | "expandable_blockquote" | "code" | "pre" | "text_link"
  | "text_mention" | "custom_emoji" | "date_time"
export type FileState = "pending" | "ready" | "failed"
export type FileError =
  | "too_large" | "gone" | "unreachable" | "backlog" | "removed" | "too_large_here" | "store_full" | "empty"
export type ForwardKind = "user" | "hidden_user" | "chat" | "channel"
export type StickerFormat = "static" | "animated" | "video"
export type Reactor = "customer" | "operator"
export type SystemAction =
  | "taken" | "assigned" | "unassigned" | "closed" | "reopened" | "blocked" | "unblocked" | "started" | "snoozed"
  | "woken" | "deactivated" | "renamed" | "username" | "premium" | "moved" | "language" | "spam" | "not_spam" | "held"
  | "passed" | "banned" | "unbanned"
export type MessageOrigin = "staff_group"
export type ButtonStyle = "default" | "primary" | "success" | "danger"
export type LinkPreview = "auto" | "off" | "small" | "large"
export type ChangeKind = "edit" | "delete" | "pin" | "reaction"
export type ChangeState = "queued" | "failed"
export type DiceEmoji = "🎲" | "🎯" | "🏀" | "⚽" | "🎳" | "🎰"
export type OutboxPurpose = "answer" | "copy" | "notice" | "change" | "topic" | "personal" | "card"
export type BotState = "unset" | "connecting" | "ok" | "unauthorized" | "conflict" | "unreachable" | "paused"
export type UpdatesMode = "polling" | "webhook"
export type FirstContact = "none" | "button" | "sum"
export type BotUpdates = "auto" | "polling" | "webhook"
export type StaffGroupMode = "plain" | "topics"
export type StaffGroupNeed = "supergroup" | "topics" | "administrator" | "manage_topics"
export type StaffGroupSource = "panel" | "environment"
export type StaffGroupState = "off" | "waiting" | "ok" | "failing"
export type BotMenuButtonType = "default" | "commands" | "web_app"
export type BotProfilePart = "name" | "about" | "description" | "commands" | "menu_button"
export type BotProfileOutcome = "done" | "failed" | "waiting"
export type AppDirection = "user" | "support"
export type AppSupportMode = "human" | "ai"
export type AppAuth = "open" | "key" | "signed"
export type AuditAction =
  | "operator.signed_in" | "operator.password_changed" | "operator.password_reset" | "operator.created"
  | "operator.provisioned" | "operator.changed" | "operator.linked" | "operator.unlinked" | "operator.joined"
  | "settings.changed" | "storage.changed" | "files.removed" | "bot.added" | "bot.changed" | "bot.removed"
  | "bot.token_set" | "bot.token_cleared" | "staff_group.set" | "staff_group.cleared" | "mobile.key_changed"
  | "dead_letter.retried" | "dead_letter.dismissed" | "dead_job.retried" | "dead_job.dismissed" | "key.replaced"
  | "spam.marked" | "spam.cleared" | "customer.let_in" | "customer.blocked" | "customer.unblocked" | "sources.changed"
export type FileFamily = "pictures" | "videos" | "sounds" | "others" | "thumbnails"
export type StoreState = "local" | "ok" | "away" | "held" | "read_only"
export type NoticeReach = "unlinked" | "no_chat" | "blocked" | "ready"
export type ErrorCode =
  | "bad_json" | "invalid_field" | "missing_field" | "bad_request" | "unauthorized" | "wrong_password" | "csrf_failed"
  | "forbidden" | "must_change_password" | "not_found" | "method_not_allowed" | "conflict" | "timeout" | "too_large"
  | "unsupported_type" | "rate_limited" | "overloaded" | "unavailable" | "internal" | "already_taken"
  | "conversation_closed" | "customer_blocked" | "bot_token_invalid" | "bot_unreachable" | "bot_connected"
  | "weak_password" | "not_retryable" | "last_admin" | "nothing_visible" | "quota_exceeded" | "store_unreachable"
  | "store_full" | "file_removed" | "unsupported_by_channel" | "not_changeable" | "queue_full"
/** The permissions of each role; see spec/roles.tbl. */
export type Permission =
  | "conversation.read" | "conversation.write" | "conversation.assign" | "customer.block" | "outbox.retry"
  | "outbox.dismiss" | "operator.read" | "operator.manage" | "setting.manage" | "bot.manage" | "audit.read"

/** A person who answers customers. */
export interface Operator {
  id: number
  login: string
  /** Empty if there is none. */
  email: string
  name: string
  role: Role
  status: OperatorStatus
  /** False: cannot sign in; past work remains. */
  active: boolean
  must_change_password: boolean
  /** False: has no password yet; answers only in the staff group. */
  can_sign_in: boolean
  created_at: string
}

/** The result of a sign-in. */
export interface Session {
  /** For Authorization: Bearer; needs no CSRF header. */
  access_token: string
  /** The same. */
  token: string
  /** bearer */
  token_type: string
  /** Lifetime of the access token in seconds. */
  expires_in: number
  operator: Operator
  /** The same. */
  user: Operator
}

/** The credentials of a sign-in. */
export interface Credentials {
  /** One of email, login and username; each accepts either. */
  email?: string | null
  login?: string | null
  username?: string | null
  password: string
}

/** The signed-in operator and their permissions. */
export interface Me {
  operator: Operator
  permissions: Permission[]
  /** Permissions on the operator's own subjects only, such as the conversations assigned to them. */
  own_permissions: Permission[]
  /** The server runs with simulated customers; the panel shows it. */
  demo: boolean
  /** The page for writing as a customer of the demo. */
  demo_url?: string
  version: string
}

/** A new password. */
export interface PasswordChange {
  current_password: string
  /** At least 10 characters, and not a common password. */
  new_password: string
}

/** A created operator. */
export interface OperatorCreated {
  operator: Operator
  /** The one-time password, shown only now; null if a password was given. */
  password: string | null
}

/** A new operator. */
export interface OperatorNew {
  /** Letters a-z, digits, dots, dashes, underscores; stored in lower case. */
  login: string
  email?: string | null
  name: string
  /** Default: operator. */
  role?: Role
  /** Absent: a one-time password is generated. */
  password?: string | null
}

/** A new operator with a password. */
export interface OperatorRegistration {
  /** Letters a-z, digits, dots, dashes, underscores; stored in lower case. */
  login: string
  email?: string | null
  name: string
  /** Default: operator. */
  role?: Role
  /** At least 10 characters. */
  password: string
}

/** What operators may change in their own account. */
export interface OperatorSelf {
  name?: string
  status?: OperatorStatus
}

/** Changes the given fields. */
export interface OperatorChange {
  name?: string
  role?: Role
  /** False ends their sessions at once. */
  active?: boolean
  /** Empty or null removes it. */
  email?: string | null
  login?: string
}

/** A one-time password. */
export interface OneTimePassword {
  /** The one-time password, shown only now; the operator must change it at the next sign-in. */
  password: string
}

export interface Customer {
  id: number
  channel: string
  /** To whom they write in the channel: the id of a bot as text, or the account of an app. */
  account: string
  /** Their id in the channel. */
  external_id: string
  name: string
  username: string | null
  language: string | null
  /** The customer has blocked the channel: no message can reach them until they return. */
  blocked: boolean
  /** The customer's account in the channel is gone; blocked is true then, too. */
  deactivated?: boolean
  /** Since when the customer is blocked by an operator: their messages are stored and reported to nobody. */
  banned_at?: string
  /** That operator. */
  banned_by?: number
  /** Pays the channel for more features. */
  premium?: boolean
  /** Where the customer came from: what the table of sources said of their first link. */
  source?: string
  source_tag?: string
  /** The payload of that link. */
  start_payload?: string
  /** The file of their picture in the channel; null: none is known. */
  photo_id: number | null
  created_at: string
}

export interface LastMessage {
  id: number
  direction: Direction
  kind: MessageKind
  /** The first 160 characters of the text or a word for the content, never markup. */
  preview: string
  /** For kind "unsupported": the channel's name of the content ("sticker", "voice"). For "system": the action. */
  content: string | null
  delivery: Delivery | null
  created_at: string
  /** Queued until then, because the channel asks to wait. */
  retry_at?: string
}

export interface Conversation {
  id: number
  /** The status; "snoozed" lasts until a time or the customer's next message. */
  status: ConversationStatus
  /** The operator to whom the conversation is assigned. */
  assignee_id: number | null
  /** How many messages the customer has written; unread = inbound_count - read_count. */
  inbound_count: number
  /** When the conversation began. */
  created_at: string
  /** The time of the last message or change of status; the list's order. */
  updated_at: string
  /** When the conversation was closed; no value while it is open. */
  closed_at: string | null
  /** When a snoozed conversation wakes; no value if it is not snoozed, or until the customer writes. */
  snoozed_until: string | null
  /** When the customer wrote the first message that has no answer; no value if they wait for none, or the conversation was closed since. */
  waiting_since: string | null
  /** Since when the conversation is spam; no value if it is none. */
  spam_at: string | null
  /** Why it is spam: its customer wrote too fast, an operator marked it, the customer has not passed the check of the first contact, or an operator has blocked them; no value if it is none. */
  spam_reason: SpamReason | null
  customer: Customer
  last_message: LastMessage | null
  /** The caller's, in responses; absent in events. */
  read_count?: number
  /** The last answer that the customer has seen; null if the channel does not report it, or none was seen. */
  seen_message_id: number | null
  seen_at: string | null
}

export interface ConversationList {
  data: Conversation[]
  next_cursor: string | null
  /** This response is at least as new as this event log position: events up to it change nothing. */
  seq: number
}

export interface ConversationCounts {
  waiting: number
  active: number
  /** Active conversations of the caller. */
  mine: number
  /** Waiting conversations with messages unread by the caller. */
  waiting_unread: number
  /** The caller's active conversations with unread messages. */
  mine_unread: number
  /** Spam, of whatever status and assignee; no other count has it. */
  spam: number
  /** A count above this is shown as "999+". */
  capped_at: number
  /** True if a filter was compared with only the newest 20,000 conversations of a count and older ones may match too. */
  partial: boolean
}

/** Changes the given fields. */
export interface ConversationChange {
  status?: ConversationStatus
  assignee_id?: number | null
  /** For status snoozed; absent or null: until the customer writes. */
  snoozed_until?: string | null
}

export interface ConversationTake {
  /** Takes the conversation from another operator. */
  force?: boolean
}

export interface ConversationAssign {
  /** null: back to waiting. */
  operator_id: number | null
}

export interface ConversationSnooze {
  /** Absent or null: until the customer writes. */
  until?: string | null
}

export interface ConversationSpam {
  /** false: it is no spam, and comes back where it was. */
  spam: boolean
}

export interface ConversationRead {
  conversation_id: number
  read_count: number
}

export interface ConversationReadUpTo {
  /** The last message seen; absent: all are. */
  message_id?: number | null
}

export interface ConversationTyping {
  /** Default: true. */
  typing?: boolean
  /** What the customer is shown for a few seconds, if the channel can; none is shown without it. */
  action?: Activity | null
}

export interface Entity {
  type: EntityType
  /** In UTF-16 code units, as JavaScript counts. */
  offset: number
  length: number
  url?: string
  language?: string
  /** Of a date_time: seconds UTC, shown in the reader's zone. */
  unix_time?: number
  /** Of a date_time: r for a relative time, else any of w (weekday), d or D (date), t or T (time); without it the text stays. */
  date_format?: string
}

export interface File {
  id: number
  state: FileState
  name: string
  mime: string
  size: number
  width: number | null
  height: number | null
  /** Of a video, an animation, an audio file or a voice message. */
  duration_ms?: number
  /** A WebP of at most 16 pixels a side, in base64, to be shown blurred while the picture loads. */
  preview?: string
  /** Why it could not be fetched. POST /api/files/:id/fetch tries again. */
  error?: FileError
}

export interface ReplyQuote {
  id: number
  direction: Direction
  kind: MessageKind
  /** As in Message. */
  content: string | null
  preview: string
}

/** The author of a forwarded message. */
export interface Forward {
  kind: ForwardKind
  /** Empty if the channel does not report it. */
  name: string
}

/** The channel's data about a file that is not fetched. */
export interface Media {
  name: string | null
  /** Bytes; 0 if unknown. */
  size: number
  /** 0 if unknown. */
  duration_ms: number
}

/** A point on the map; a venue has a title and an address too. */
export interface Location {
  latitude: number
  longitude: number
  /** The radius of uncertainty in metres. */
  accuracy_m?: number
  /** Degrees, 1 to 360. */
  heading?: number
  /** For how long it is shared live, from the message's time. */
  live_ms?: number
  title?: string
  address?: string
}

export interface Contact {
  phone_number: string
  first_name: string
  last_name?: string
  /** Whether it is the contact of the person who sent it. */
  own: boolean
}

export interface PollOption {
  text: string
  voters: number
  /** For a quiz, if the channel says so. */
  correct: boolean
}

export interface Poll {
  question: string
  options: PollOption[]
  voters: number
  quiz: boolean
  anonymous: boolean
  /** Whether several options can be chosen. */
  multiple: boolean
  closed: boolean
  explanation?: string
}

/** A random value shown as an emoji. */
export interface Dice {
  emoji: string
  value: number
}

export interface ChecklistTask {
  id: number
  text: string
  done: boolean
}

export interface Checklist {
  title: string
  tasks: ChecklistTask[]
}

export interface Sticker {
  /** static: a picture; animated: gzipped Lottie; video: WebM. */
  format: StickerFormat
  emoji?: string
  set_name?: string
}

export interface Audio {
  title?: string
  performer?: string
}

export interface Voice {
  /** Loudness from begin to end, each 0 to 31. */
  waveform: number[]
}

export interface Story {
  /** The chat that posted it; may be empty. */
  name: string
}

export interface Game {
  title: string
  description: string
}

export interface Invoice {
  title: string
  description: string
  /** ISO 4217, or XTR for the messenger's stars. */
  currency: string
  /** In the smallest units of the currency. */
  amount: number
}

export interface Payment {
  /** ISO 4217, or XTR for the messenger's stars. */
  currency: string
  /** In the smallest units of the currency. */
  amount: number
  refunded: boolean
  payload: string
}

export interface PaidMedia {
  /** The price in the messenger's stars. */
  stars: number
  /** Items that can be seen only after paying. */
  hidden: number
}

export interface Gift {
  /** Of a unique gift. */
  name?: string
  /** Of a unique gift. */
  number?: number
  /** Its price in the messenger's stars. */
  stars?: number
}

export interface WebAppData {
  button_text: string
  data: string
}

/** What a service message reports. */
export interface Service {
  /** A title, a name, an emoji. */
  text?: string
  /** Seconds, a count, an amount; 0: switched off. */
  value?: number
}

/** The part of the quoted message that was chosen. */
export interface Quote {
  text: string
  /** In UTF-16 code units of the quoted text. */
  position: number
}

/** The quoted message of another chat. */
export interface ExternalReply {
  kind: ForwardKind
  /** The author; may be empty. */
  name: string
  /** The channel's name of the content. */
  content?: string
}

/** The account through which it was written, such as an inline search. */
export interface Via {
  name: string
}

/** How the files are shown. */
export interface Display {
  /** The files are covered until touched. */
  spoiler: boolean
  caption_above: boolean
}

/** A press of a button; its text is the message's, and the message with the button is reply_to. */
export interface Press {
  /** The button's own data, which the customer does not see. */
  data: string
  /** The message has no such button any more. */
  stale: boolean
}

/** An emoji of one side at a message. */
export interface Reaction {
  by: Reactor
  emoji: string
}

/** A button under a message, with exactly one of url, callback and copy. */
export interface Button {
  text: string
  /** Opened by a press: http, https, or an address of the channel. */
  url?: string
  /** Reported to the desk by a press; at most 64 bytes. */
  callback?: string
  /** Copied by a press. */
  copy?: string
  /** Left out: default. */
  style?: ButtonStyle
}

/** A change of a message that has not reached its customer. */
export interface Change {
  what: ChangeKind
  state: ChangeState
  /** Why it was refused. */
  error: string | null
}

export interface MessageCan {
  edit: boolean
  delete: boolean
}

export interface Message {
  id: number
  conversation_id: number
  direction: Direction
  kind: MessageKind
  /** The operator who wrote it, if any. */
  operator_id: number | null
  /** Who acted. */
  actor: ActorKind
  /** The operator, customer, API key or rule; null if there is none or it is unknown. */
  actor_id: number | null
  text: string
  entities: Entity[]
  files: File[]
  reply_to: ReplyQuote | null
  /** Messages of one album share it. */
  album: string | null
  /** For kinds "unsupported" and "service": the channel's name of the content; its raw JSON is at /api/messages/:id/raw. */
  content: string | null
  forward: Forward | null
  /** For kind "unsupported" with a file. */
  media: Media | null
  /** What names the content in one line where there is no text: a file's name, a poll's question. */
  headline?: string
  location?: Location
  contact?: Contact
  poll?: Poll
  dice?: Dice
  checklist?: Checklist
  sticker?: Sticker
  audio?: Audio
  voice?: Voice
  story?: Story
  game?: Game
  invoice?: Invoice
  payment?: Payment
  paid_media?: PaidMedia
  gift?: Gift
  web_app_data?: WebAppData
  service?: Service
  quote?: Quote
  external_reply?: ExternalReply
  via?: Via
  display?: Display
  press?: Press
  /** Left out where there are none. */
  reactions?: Reaction[]
  /** For direction "system". The text of "snoozed" is the time, or empty: until the customer writes. */
  action: SystemAction | null
  target_operator_id: number | null
  client_id: string | null
  delivery: Delivery | null
  /** The channel's reason for the failure. */
  delivery_error: string | null
  /** Queued until then, because the channel asks to wait. */
  retry_at?: string
  /** Where an answer was written, if not in the panel. */
  origin: MessageOrigin | null
  created_at: string
  edited_at: string | null
  /** Rows of buttons under the message. */
  buttons?: Button[][]
  /** Sent without a sound. */
  silent?: boolean
  /** The customer cannot forward or save it. */
  protected?: boolean
  /** Left out: auto. */
  link_preview?: LinkPreview
  pinned?: boolean
  /** An operator has deleted it, and the customer does not see it any more. */
  deleted_at?: string
  /** What an operator has changed and has not reached the customer. */
  change?: Change
  /** Of an answer: what may still be done to it, at the time of this response or event. */
  can?: MessageCan
}

export interface MessageList {
  data: Message[]
  /** Ids for the next pages with ?before= and ?after=; null at that end of the history. */
  before: number | null
  after: number | null
  /** With ?from=unread: the first message that the caller has not read. */
  first_unread: number | null
  next_cursor: string | null
  seq: number
}

/** A piece of the message in reply_to. */
export interface QuoteToSend {
  text: string
  /** In UTF-16 code units of the quoted text. */
  position?: number
}

/** What the sender knows of a file; used where its bytes do not tell. */
export interface FileFacts {
  duration_ms?: number
  width?: number
  height?: number
  /** This photo or video is covered until touched. */
  spoiler?: boolean
  /** Of a voice message: loudness from begin to end, each 0 to 31. */
  waveform?: number[]
}

export interface LocationToSend {
  latitude: number
  longitude: number
  /** With the address: a venue. */
  title?: string
  address?: string
}

export interface ContactToSend {
  phone_number: string
  first_name: string
  last_name?: string
}

export interface PollToSend {
  question: string
  /** Each of 1 to 100 characters. */
  options: string[]
  anonymous?: boolean
  /** Whether several options can be chosen. */
  multiple?: boolean
  quiz?: boolean
  /** Of a quiz: the index of the right option. */
  correct_option?: number | null
  /** Of a quiz. */
  explanation?: string
}

/** Its value is decided by the channel. */
export interface DiceToSend {
  emoji: DiceEmoji
}

/** An answer to a customer. As multipart/form-data: the same fields, objects and lists as JSON, and files. */
export interface ReplyBody {
  /** Required without a file and without another content. A text that is too long for one message is sent as several. */
  text?: string
  entities?: Entity[]
  /** The client's own id for this reply: a repeated request changes nothing and gets the first result. The other messages of the answer get it with #2, #3 and so on. */
  client_id?: string | null
  /** The quoted message. */
  reply_to?: number | null
  quote?: QuoteToSend | null
  /** With files: photo, video, animation, audio, voice, video_note, document or sticker for all of them; left out: what each file's bytes say. Otherwise the content says it. */
  kind?: MessageKind | null
  /** Files of the desk that are sent again, after those that are uploaded. */
  file_ids?: number[]
  /** By position, the uploaded files first. */
  file_facts?: FileFacts[]
  location?: LocationToSend | null
  contact?: ContactToSend | null
  poll?: PollToSend | null
  dice?: DiceToSend | null
  /** Rows of buttons, under the last message of the answer. */
  buttons?: Button[][] | null
  /** Without a sound. */
  silent?: boolean
  /** The customer cannot forward or save it. */
  protected?: boolean
  /** Default: auto. */
  link_preview?: LinkPreview | null
  caption_above?: boolean
  /** Photos and videos are covered until touched. */
  spoiler?: boolean
}

export interface MessageChanges {
  /** Left out: stays, with its entities. */
  text?: string
  entities?: Entity[]
  /** Left out: stay; none: are removed. */
  buttons?: Button[][] | null
}

export interface ReactionToSet {
  /** Null or empty: the reaction is taken back. */
  emoji: string | null
}

export interface PinToSet {
  pinned: boolean
}

export interface MessageEdit {
  kind: MessageKind
  text: string
  entities: Entity[]
  files: File[]
  /** As in Message. */
  content: string | null
  media: Media | null
  /** As in Message. */
  headline?: string
  location?: Location
  contact?: Contact
  poll?: Poll
  dice?: Dice
  checklist?: Checklist
  sticker?: Sticker
  audio?: Audio
  voice?: Voice
  story?: Story
  game?: Game
  invoice?: Invoice
  payment?: Payment
  paid_media?: PaidMedia
  gift?: Gift
  web_app_data?: WebAppData
  service?: Service
  quote?: Quote
  external_reply?: ExternalReply
  via?: Via
  display?: Display
  press?: Press
  buttons?: Button[][]
  /** When this version was replaced. */
  replaced_at: string
  /** The operator who replaced it; null: the customer. */
  replaced_by: number | null
}

export interface DeadLetter {
  id: number
  /** An answer to the customer, or a copy for the staff group. */
  purpose: OutboxPurpose
  message: Message
  customer_name: string
  error_code: string
  error: string
  attempts: number
  failed_at: string
}

export interface FileAddress {
  url: string
  expires_at: string
}

export interface FileAddressRequest {
  /** How long it is good for; 600 when not given. */
  seconds?: number
}

/** An installation of an app that gets push messages. */
export interface Device {
  /** As sent by the app; may be empty. */
  platform: string
  created_at: string
  /** When it last registered for push messages. */
  seen_at: string
}

export interface CustomerDevices {
  /** When the customer last used the app, to the minute; null if unknown. */
  last_seen_at: string | null
  devices: Device[]
}

export interface Stats {
  waiting: number
  active: number
  closed: number
  operators_online: number
  messages_today: number
}

/** What administrators set. */
export interface BotSettings {
  /** Its Bot API server; null: the configured one. */
  api_url: string | null
  /** The proxy on the way there, without its password; null: the configured one. */
  proxy: string | null
  /** The answer to a customer who starts this bot; empty: none; null: the desk's. */
  greeting: string | null
  /** The same for customers who speak Russian. */
  greeting_ru: string | null
  /** What a new customer must do before the desk sees their messages: nothing, press a button, or answer a simple sum. */
  first_contact: FirstContact
  /** The text above the button or the sum; null or empty: the default. */
  check_text: string | null
  /** The same for customers who speak Russian. */
  check_text_ru: string | null
  /** What a customer who is blocked is told once, when they write; null or empty: nothing. */
  block_text: string | null
  /** The same for customers who speak Russian. */
  block_text_ru: string | null
  /** How updates come. auto: by the webhook if TELEGRAM_WEBHOOK_URL is set, and by polling while Telegram does not reach it. */
  updates: BotUpdates
  /** TELEGRAM_WEBHOOK_URL is set. */
  webhook_possible: boolean
  /** The token is TELEGRAM_BOT_TOKEN. */
  from_environment: boolean
}

/** A bot that customers write to. Its token is never shown. */
export interface Bot {
  state: BotState
  mode: UpdatesMode
  /** Its id in Telegram; null when no bot is connected. */
  id: number | null
  username: string | null
  name: string | null
  /** Telegram's words when the state is not ok; with fallback, why the webhook was given up. */
  error: string | null
  checked_at: string | null
  /** The order of the list; the lowest is the first bot. */
  position: number
  /** It fetches and sends nothing until it goes on; everything waits. */
  paused: boolean
  /** It is not connected any more; its conversations can be read. */
  removed: boolean
  /** The bot that replaces it: its customers continue their conversations there. */
  successor_id: number | null
  /** It polls for now, because Telegram does not reach its webhook. */
  fallback: boolean
  /** For those who may manage bots, in the routes below /api/bots. */
  settings?: BotSettings
}

/** A bot's token. */
export interface BotToken {
  /** As @BotFather gives it: 123456:ABC… */
  token: string
}

/** Something that topics need in the group. */
export interface StaffGroupNeedState {
  need: StaffGroupNeed
  met: boolean
}

/** A group that can be chosen as the staff group. */
export interface StaffGroupCandidate {
  chat_id: string
  title: string
}

/** The group in Telegram where the staff reads what customers write, and answers by replying. */
export interface StaffGroup {
  /** The group's id in Telegram; null when there is none. */
  chat_id: string | null
  title: string | null
  /** topics: each conversation has a topic of its own. */
  mode: StaffGroupMode
  /** What a message in a topic begins with to stay in the group. */
  note_prefix: string
  /** What topics need, as Telegram said last; empty when it was not asked. */
  needs: StaffGroupNeedState[]
  /** Where it was chosen: what the panel says goes before TELEGRAM_GROUP_CHAT_ID. */
  source: StaffGroupSource | null
  state: StaffGroupState
  /** Telegram's words, when nothing can be sent there. */
  error: string | null
  /** What must still leave for the group. */
  queued: number
  /** The groups of which the bot is a member, newest first. */
  candidates: StaffGroupCandidate[]
}

/** Which group is the staff's. */
export interface StaffGroupBody {
  /** A group's id in Telegram, below 0; null for no group. */
  chat_id: string | null
  /** plain unless it is given. topics: the group must have them, and the bot must be allowed to manage them. */
  mode?: StaffGroupMode
  /** Messages in topics that begin with it stay in the group; empty: none do. Unchanged unless it is given. */
  note_prefix?: string
}

/** A bot to connect. */
export interface NewBot {
  /** As @BotFather gives it: 123456:ABC… */
  token: string
  /** Its Bot API server; null or absent: the configured one. */
  api_url?: string | null
  /** http://, https://, socks5:// or socks5h://; null or absent: the configured one. */
  proxy?: string | null
}

/** Changes the given fields. */
export interface BotChange {
  /** A new token of the same bot. */
  token?: string
  /** null: the configured one. */
  api_url?: string | null
  /** null: the configured one. */
  proxy?: string | null
  /** null: the desk's; empty: none. */
  greeting?: string | null
  /** null: the desk's; empty: none. */
  greeting_ru?: string | null
  paused?: boolean
  updates?: BotUpdates
  /** The bot that replaces this one, which may have been removed already; null: none. */
  successor_id?: number | null
  /** What a new customer must do before the desk sees their messages. */
  first_contact?: FirstContact
  /** null or empty: the default. */
  check_text?: string | null
  /** null or empty: the default. */
  check_text_ru?: string | null
  /** null or empty: none. */
  block_text?: string | null
  /** null or empty: none. */
  block_text_ru?: string | null
}

/** What Telegram says of a bot's webhook at this moment. */
export interface BotWebhook {
  /** Where Telegram posts the bot's updates; of another server only the host; null: nowhere. */
  url: string | null
  /** Where Telegram shall post them; null: the bot polls. */
  wanted_url: string | null
  /** url is this desk's. */
  ours: boolean
  /** How many updates wait at Telegram. */
  pending: number
  /** Why the last failed delivery failed, in Telegram's words. */
  last_error: string | null
  last_error_at: string | null
}

export interface BotProfileCommand {
  /** Without the slash. */
  command: string
  description: string
}

/** Of what the desk wants, null: it stays as it is; empty: as for all languages, or none. */
export interface BotProfileWords {
  name: string | null
  /** Shown on its page, and with its link. */
  about: string | null
  /** Shown in the chat before the customer presses start. */
  description: string | null
  commands: BotProfileCommand[] | null
}

export interface BotProfileLanguage {
  language: string
  wanted: BotProfileWords
  /** What Telegram shows to people of this language. */
  current: BotProfileWords
  /** The parts in which the two differ. */
  differs: string[]
}

export interface BotMenuButton {
  type: BotMenuButtonType
  text: string | null
  url: string | null
}

export interface BotProfileMenuButton {
  wanted: BotMenuButton | null
  current: BotMenuButton
  differs: boolean
}

/** What the desk wants Telegram to show of a bot, beside what it shows at this moment. */
export interface BotProfile {
  /** The first is that for everybody else. */
  languages: BotProfileLanguage[]
  menu_button: BotProfileMenuButton
}

/** What is null or absent stays as it is. */
export interface BotProfileWishWords {
  /** Two letters (ISO 639-1); empty: for everybody else. */
  language: string
  name?: string | null
  /** Shown on its page, and with its link. */
  about?: string | null
  /** Shown in the chat before the customer presses start. */
  description?: string | null
  commands?: BotProfileCommand[] | null
}

/** What the desk wants Telegram to show of a bot. */
export interface BotProfileWish {
  languages: BotProfileWishWords[]
  /** null: it stays as it is. */
  menu_button: BotMenuButton | null
}

export interface BotProfileStep {
  part: BotProfilePart
  language: string
  /** waiting: Telegram takes no other change of this part before retry_at. */
  outcome: BotProfileOutcome
  /** Why not, in Telegram's words. */
  error: string | null
  retry_at: string | null
}

/** What became of each difference. */
export interface BotProfilePush {
  steps: BotProfileStep[]
}

/** Which differences are pushed; without fields all are. */
export interface BotProfilePushOrder {
  /** Only this part. */
  part?: BotProfilePart | null
  /** Only in this language; empty: that for everybody else. */
  language?: string | null
}

/** The settings of the whole desk. */
export interface Settings {
  /** The answer to a customer who starts a chat; empty: none. */
  greeting: string
  /** The same for customers who speak Russian. */
  greeting_ru: string
  /** The greeting that an app shows once a day; {user_name} is the customer's name; empty: none. */
  daily_greeting: string
  /** The same for customers who speak Russian, or whose language is unknown. */
  daily_greeting_ru: string
  /** The time zone of the desk's days: UTC, +03:00 or Europe/Moscow. */
  time_zone: string
  /** Addresses of proxies in front that TRUSTED_PROXIES does not name, separated by spaces; the prefix silent: marks a proxy that forwards requests without the client's address. */
  untrusted_proxies: string
}

export interface SettingsExpected {
  greeting?: string
  greeting_ru?: string
  daily_greeting?: string
  daily_greeting_ru?: string
  time_zone?: string
}

/** Changes the given fields. */
export interface SettingsChange {
  greeting?: string
  greeting_ru?: string
  daily_greeting?: string
  daily_greeting_ru?: string
  time_zone?: string
  /** What the caller last saw; 409 conflict when one of these fields is another by now, and nothing is changed. */
  expected?: SettingsExpected
}

/** The identity of a web chat visitor. */
export interface AppVisitor {
  success: boolean
  user_id: string
  /** The visitor's own secret, for X-User-Hash: required for every access with this id. */
  user_hash: string
}

export interface AppVisitorNew {
  /** An id that an old browser client generated itself and has written messages with. */
  user_id?: string | null
  /** Required with user_id: secret random text. A repeated request with the same claim gets the same response. */
  claim?: string | null
}

/** A message as an app sees it. */
export interface AppMessage {
  /** null for the greeting of the day. */
  id: number | null
  message: string
  /** A path on this server. */
  photo_url: string | null
  direction: AppDirection
  /** 2026-01-31 12:34:56, UTC. */
  created_at: string
  /** Who answered. */
  operator_name: string | null
  /** Formatting of `message`, which is plain text; offsets and lengths in UTF-16 code units. */
  entities: Entity[]
}

export interface AppHistory {
  success: boolean
  /** Oldest first. */
  messages: AppMessage[]
  /** This response contains the greeting of the day. */
  greeting_sent: boolean
  /** The history has more messages: the page ended at its limit, or at 4 MB of text and formatting. */
  has_more: boolean
}

export interface AppDeviceRegistered {
  success: boolean
  message: string
  device_count: number
}

export interface AppDevice {
  user_id: string
  /** The registration token from Firebase. */
  fcm_token: string
  /** android, ios or web. */
  platform?: string | null
  /** The app's own id of the device: a new token replaces its old one. */
  device_id?: string | null
  /** Instead of the header X-User-Hash. */
  user_hash?: string | null
}

export interface AppDeviceCheck {
  user_id: string
  registered: boolean
  device_count: number
  has_tokens: boolean
}

export interface AppDone {
  success: boolean
}

export interface AppSeen {
  user_id: string
  /** The last message seen; without it all count as seen. */
  message_id?: number | null
  /** Instead of the header X-User-Hash. */
  user_hash?: string | null
}

export interface AppSupport {
  success: boolean
  user_id: string
  /** Who answers from now on. */
  mode: AppSupportMode
}

export interface AppSupportModeChange {
  mode: AppSupportMode
  /** Instead of the header X-User-Hash. */
  user_hash?: string | null
}

export interface AppMessageSent {
  success: boolean
  message_id: number
  /** The first photo's URL. */
  photo_url: string | null
  photo_count: number
  photo_urls: string[]
}

/** As multipart/form-data: the same fields, and any number of `photo` parts. */
export interface AppMessageNew {
  /** The app's own id of its user; an integer is accepted too. */
  user_id: string
  /** May be empty if there is a photo. */
  message: string
  user_name?: string | null
  /** A stored photo of this user: the photo_url of a response. Any other URL becomes a line of the text. */
  photo_url?: string | null
  /** The app's own id of this message, so that a request can be repeated safely. */
  client_id?: string | null
  /** en, ru-RU; else the first of Accept-Language. */
  language?: string | null
  /** Instead of the header X-User-Hash. */
  user_hash?: string | null
}

/** The settings of the apps' API. */
export interface AppChannel {
  /** Who may call the apps' API: anyone, callers with the key, or users with a signed id. MOBILE_API_AUTH sets it. */
  auth: AppAuth
  /** For the header X-App-Key. */
  app_key: string
  /** The key of the HMAC-SHA256 of a user id, for X-User-Hash; keep it on your server, never in an app. */
  signing_secret: string
  /** The key can be changed here; if not, MOBILE_APP_KEY sets it. */
  own_key: boolean
  /** The web chat accepts visitors who have not signed in on the site. WIDGET_VISITORS sets it. */
  visitors: boolean
  /** Push messages are sent. */
  push: boolean
  /** Why they are not sent. */
  push_error: string | null
}

export interface DeadJob {
  id: number
  /** The kind of job, such as prune.events; empty if this version does not know it. */
  kind: string
  error_code: string
  error: string
  attempts: number
  failed_at: string
}

/** What somebody did to the desk itself. */
export interface AuditEntry {
  id: number
  actor: ActorKind | null
  actor_id: number | null
  /** null: one that this version does not know. */
  action: AuditAction | null
  /** What was acted on, such as operator:12. */
  target: string
  detail: string
  /** From where; may be empty. */
  address: string
  created_at: string
}

/** Where customers come from who start by a link. */
export interface Source {
  id: number
  /** The beginning of a link's payload; of several sources that fit, the longest counts. */
  payload: string
  name: string
  tag: string | null
  /** In which the customer is greeted, whatever their app's language. */
  language: string | null
}

export interface SourceNew {
  /** The beginning of a link's payload; of several sources that fit, the longest counts. */
  payload: string
  name: string
  tag: string | null
  /** In which the customer is greeted, whatever their app's language. */
  language: string | null
}

export interface SourceImport {
  sources: SourceNew[]
}

export interface StorageFamily {
  family: FileFamily
  files: number
  bytes: number
}

/** What files take, and where they lie. */
export interface Storage {
  /** Files whose bytes are here or in the bucket; equal ones count once. */
  files: number
  used_bytes: number
  families: StorageFamily[]
  /** When these figures were counted; null: not yet. */
  counted_at: string | null
  /** Of the disk with the local folder. */
  free_bytes: number
  /** The most megabytes (1,000,000 bytes) that files may take; 0: no limit. */
  quota_mb: number
  /** After so many days a file's bytes are removed; 0: never. */
  kept_days: number
  /** Of the object store. local: there is none. away: it cannot be used now. held: `storage move s3 local` keeps files here. read_only: what lies there is read, and new files stay here. */
  state: StoreState
  /** Why it is away. */
  why?: string
  /** Contents in the local folder of this node, with an object store. */
  local_files: number
  local_bytes: number
  /** Those of them that wait to move to the object store. */
  waiting_files: number
  waiting_bytes: number
  /** Moved since the start. */
  moved_files: number
  moved_bytes: number
  /** Addresses for reading a file without a session that were given since the start. */
  addresses_given: number
}

/** Changes the given limits. */
export interface StorageChange {
  quota_mb?: number
  kept_days?: number
}

/** An account in a channel whose words and commands there are the operator's. */
export interface LinkedAccount {
  channel: string
  /** The person's id in the channel. */
  external_id: string
  username: string | null
  linked_at: string
}

/** An account of the desk that takes the code. */
export interface LinkWay {
  channel: string
  name: string
  username: string
}

/** A one-time code by which an operator's account in a channel is linked. */
export interface LinkCode {
  /** Sent as the payload of a start; works once. */
  payload: string
  expires_at: string
  ways: LinkWay[]
}

/** Two operators are one person. */
export interface OperatorJoin {
  /** Whom this operator becomes. */
  operator_id: number
}

/** What an operator is told in their own account in a channel, and whether that is possible. */
export interface OperatorNotices {
  /** A conversation begins to wait. */
  waiting: boolean
  /** One was assigned to the operator. */
  assigned: boolean
  /** A customer of theirs has written. */
  answered: boolean
  /** 15:04 in the operator's time zone; null: no quiet hours. */
  quiet_from: string | null
  /** 15:04 in the operator's time zone; null: no quiet hours. */
  quiet_to: string | null
  time_zone: string
  language: string
  reach: NoticeReach
}

export interface OperatorNoticesChange {
  /** A conversation begins to wait. */
  waiting: boolean
  /** One was assigned to the operator. */
  assigned: boolean
  /** A customer of theirs has written. */
  answered: boolean
  quiet_from: string | null
  quiet_to: string | null
  time_zone: string
  /** Of the notices: ru for Russian, else English. */
  language: string
}

/** Whether customers of the account have a message that shows the state of their conversation. */
export interface LiveCards {
  enabled: boolean
}

export interface NewMessageEvent {
  message: Message
  conversation: Conversation
}

export interface MessageUpdateEvent {
  message: Message
}

export interface ChatStatusChangeEvent {
  /** The system message about it; null when none was written. */
  message: Message | null
  conversation: Conversation
}

export interface ChatUpdateEvent {
  conversation: Conversation
}

export interface OperatorStatusChangeEvent {
  operator: Operator
}

/** Sent to the operator who has read, on all of their panels. */
export interface ConversationReadEvent {
  conversation_id: number
  operator_id: number
  read_count: number
}

export interface BotStatusChangeEvent {
  bot: Bot
}

/** An operator has changed a setting; panels that show it fetch it. */
export interface SettingChangeEvent {
  key: string
}

/** Something was given up after all its tries, or has left its list; whoever shows the list fetches it. */
export interface DeadJobChangeEvent {
  /** Of the job; outbox.answer and outbox.copy are in the list of dead letters, the others in that of dead jobs. */
  kind: string
}

/** The socket's first frame. */
export interface ConnectionEstablishedEvent {
  /** The log's position: resume from here. */
  seq: number
  operator_id: number
  server_time: string
}

/** Everything after the position that the client named has been sent. */
export interface ResumedEvent {
  seq: number
  /** How many events were replayed. */
  replayed: number
}

/** The log cannot bring the client up to date: reload everything; events continue from seq. */
export interface RefetchEvent {
  seq: number
  reason: string
}

export interface TypingEvent {
  conversation_id: number
  operator_id: number
  typing: boolean
}

export interface PresenceEvent {
  conversation_id: number
  /** Who has the conversation open. */
  operator_ids: number[]
}

export interface PongEvent {
  server_time: string
}

export interface ErrorEvent {
  code: ErrorCode
  message: string
}

export interface ApiError {
  error: { code: ErrorCode; message: string; field?: string }
  message: string
}

/** Durable events have a seq and carry the whole new state, so replaying one is harmless. */
export type DurableEvent =
  | { type: "new_message"; seq: number; data: NewMessageEvent }
  | { type: "message_update"; seq: number; data: MessageUpdateEvent }
  | { type: "chat_status_change"; seq: number; data: ChatStatusChangeEvent }
  | { type: "chat_update"; seq: number; data: ChatUpdateEvent }
  | { type: "operator_status_change"; seq: number; data: OperatorStatusChangeEvent }
  | { type: "conversation_read"; seq: number; data: ConversationReadEvent }
  | { type: "bot_status_change"; seq: number; data: BotStatusChangeEvent }
  | { type: "setting_change"; seq: number; data: SettingChangeEvent }
  | { type: "dead_job_change"; seq: number; data: DeadJobChangeEvent }

/** Ephemeral frames have no seq and are not replayed. */
export type EphemeralEvent =
  | { type: "connection_established"; data: ConnectionEstablishedEvent }
  | { type: "resumed"; data: ResumedEvent }
  | { type: "refetch"; data: RefetchEvent }
  | { type: "typing"; data: TypingEvent }
  | { type: "presence"; data: PresenceEvent }
  | { type: "pong"; data: PongEvent }
  | { type: "error"; data: ErrorEvent }

export type ServerFrame = DurableEvent | EphemeralEvent

export type ClientFrame =
  | { type: "auth"; token: string }
  | { type: "resume"; since: number }
  | { type: "typing"; conversation_id: number; typing: boolean }
  | { type: "viewing"; conversation_id: number | null }
  | { type: "ping" }

/** Bounds that the server enforces and the panel respects. */
export const limits = {
  /** UTF-16 code units of a message's text; a longer answer is sent as several */
  text_max: 4096,
  /** UTF-16 code units of a file's caption; the rest of a longer one goes on as text */
  caption_max: 1024,
  /** code points of an answer's text */
  answer_text_max: 40960,
  /** formatting entities in a message */
  entities_max: 100,
  /** photos in one album */
  photos_max: 10,
  /** files of one answer */
  files_max: 10,
  /** bytes of a file of an answer */
  file_max_bytes: 52428800,
  /** bytes of all files of an answer */
  files_max_bytes: 104857600,
  /** buttons under a message */
  buttons_max: 100,
  /** buttons in a row */
  button_row_max: 8,
  /** code points of a button's label */
  button_text_max: 64,
  /** bytes of a button's callback */
  button_callback_max: 64,
  /** code points that a button copies */
  button_copy_max: 256,
  /** code points of a poll's question */
  poll_question_max: 300,
  /** options of a poll */
  poll_options_max: 12,
  /** code points of a poll's option */
  poll_option_max: 100,
  /** code points of a quiz's explanation */
  poll_explanation_max: 200,
  /** values of a voice message's waveform */
  waveform_max: 100,
  /** bytes of a photo */
  photo_max_bytes: 10485760,
  /** pixels, width and height together */
  photo_sides_max: 10000,
  /** pixels of a picture that is decoded */
  picture_pixels_max: 50000000,
  /** the longer side over the shorter */
  photo_ratio_max: 20,
  /** bytes of a JSON body */
  json_body_max: 131072,
  /** bytes of one update of a channel */
  update_max_bytes: 1048576,
  /** items of a page */
  page_max: 100,
  /** items of a page when none is asked */
  page_default: 50,
  /** code points of a preview */
  preview_max: 160,
  /** code points of a name */
  name_max: 128,
  /** characters of a client_id */
  client_id_max: 64,
  /** code points of a search */
  query_max: 100,
  /** code points of a password */
  password_min: 10,
  /** bytes of a password */
  password_max: 256,
  /** code points of a greeting */
  greeting_max: 2000,
  /** events replayed to a client; beyond, it fetches anew */
  replay_max: 5000,
  /** open realtime connections of one operator */
  sockets_per_operator: 20,
  /** bytes waiting for one realtime client; beyond, events follow from the log */
  socket_queue_max_bytes: 1048576,
  /** bytes of a frame that a realtime client sends */
  socket_frame_max_bytes: 8192,
  /** tries before a message is a dead letter */
  outbox_tries_max: 12,
  /** dead letters that are kept; beyond, those that failed longest ago are deleted */
  dead_letters_max: 100000,
} as const

/** The channels of customers and their capabilities; see spec/channels.tbl. */
export const channels = {
  telegram: {
    title: "Telegram", photos: 10, edits: true, seen: false, delete_ms: 172800000,
    carries: ["text", "photo", "video", "animation", "audio", "voice", "video_note", "document", "sticker", "location", "venue", "contact", "poll", "dice"] as readonly MessageKind[],
    can: { buttons: true, silent: true, protected: true, link_preview: true, display: true, quote: true, edit: true, delete: true, pin: true, react: true, activity: true },
  },
  mobile: {
    title: "App", photos: 10, edits: false, seen: true, delete_ms: 0,
    carries: ["text", "photo"] as readonly MessageKind[],
    can: { buttons: false, silent: false, protected: false, link_preview: false, display: false, quote: false, edit: false, delete: false, pin: false, react: false, activity: false },
  },
} as const

/** Message kinds: whether a kind counts as writing, whether it has a content, and the preview
 * of a message without text; see spec/kinds.tbl. */
export const messageKinds = {
  text: { counts: true, content: false, preview: { en: "", ru: "" } },
  photo: { counts: true, content: false, preview: { en: "Photo", ru: "Фото" } },
  unsupported: { counts: true, content: true, preview: { en: "Unsupported message", ru: "Неподдерживаемое сообщение" } },
  system: { counts: false, content: false, preview: { en: "", ru: "" } },
  service: { counts: false, content: true, preview: { en: "Service message", ru: "Служебное сообщение" } },
  live_photo: { counts: true, content: false, preview: { en: "Live photo", ru: "Живое фото" } },
  video: { counts: true, content: false, preview: { en: "Video", ru: "Видео" } },
  animation: { counts: true, content: false, preview: { en: "GIF", ru: "GIF" } },
  audio: { counts: true, content: false, preview: { en: "Audio", ru: "Аудиозапись" } },
  voice: { counts: true, content: false, preview: { en: "Voice message", ru: "Голосовое сообщение" } },
  video_note: { counts: true, content: false, preview: { en: "Video message", ru: "Видеосообщение" } },
  document: { counts: true, content: false, preview: { en: "File", ru: "Файл" } },
  sticker: { counts: true, content: false, preview: { en: "Sticker", ru: "Стикер" } },
  location: { counts: true, content: false, preview: { en: "Location", ru: "Геопозиция" } },
  venue: { counts: true, content: false, preview: { en: "Place", ru: "Место" } },
  contact: { counts: true, content: false, preview: { en: "Contact", ru: "Контакт" } },
  poll: { counts: true, content: false, preview: { en: "Poll", ru: "Опрос" } },
  dice: { counts: true, content: false, preview: { en: "Dice", ru: "Кубик" } },
  checklist: { counts: true, content: false, preview: { en: "Checklist", ru: "Список дел" } },
  story: { counts: true, content: false, preview: { en: "Story", ru: "История" } },
  game: { counts: true, content: false, preview: { en: "Game", ru: "Игра" } },
  invoice: { counts: true, content: false, preview: { en: "Invoice", ru: "Счёт" } },
  payment: { counts: true, content: false, preview: { en: "Payment", ru: "Платёж" } },
  paid_media: { counts: true, content: false, preview: { en: "Paid media", ru: "Платные медиа" } },
  gift: { counts: true, content: false, preview: { en: "Gift", ru: "Подарок" } },
  web_app_data: { counts: true, content: false, preview: { en: "Web app data", ru: "Данные мини-приложения" } },
  rich: { counts: true, content: false, preview: { en: "Formatted message", ru: "Сообщение с оформлением" } },
  press: { counts: true, content: false, preview: { en: "Button pressed", ru: "Нажата кнопка" } },
} as const

export type ConditionOp =
  | "is" | "is_not" | "in" | "not_in" | "contains" | "starts" | "before" | "after" | "more" | "less" | "between"
  | "empty" | "not_empty"
export type ConditionType = "word" | "operator" | "text" | "name" | "flag" | "number" | "time"
export type ConditionValue = string | number | boolean
/** A condition; see docs/conditions.md. */
export type Condition<Field extends string = string> =
  | { all: readonly Condition<Field>[] }
  | { any: readonly Condition<Field>[] }
  | { none: readonly Condition<Field>[] }
  | { field: Field; op: ConditionOp; value?: ConditionValue | readonly ConditionValue[] }

/** Fields for conditions. Null: no value; undefined: not contained in events. */
export const conversationFields = {
  /** The status; "snoozed" lasts until a time or the customer's next message. */
  status: { type: "word", of: (one: Conversation) => one.status },
  /** The operator to whom the conversation is assigned. */
  assignee: { type: "operator", of: (one: Conversation) => one.assignee_id },
  /** The channel through which the customer writes. */
  channel: { type: "text", of: (one: Conversation) => one.customer.channel },
  /** The bot that the customer writes to, by its id as text; of an app its account's name. */
  bot: { type: "text", of: (one: Conversation) => one.customer.account },
  /** The customer's name. */
  customer_name: { type: "name", of: (one: Conversation) => one.customer.name },
  /** The customer's username, without @. */
  customer_username: { type: "name", of: (one: Conversation) => one.customer.username },
  /** The customer's language, as the source or else the channel reports it: "en", "pt-br". */
  language: { type: "text", of: (one: Conversation) => one.customer.language },
  /** Where the customer came from, by the link with which they started. */
  source: { type: "text", of: (one: Conversation) => one.customer.source ?? null },
  /** The tag that this source has. */
  source_tag: { type: "text", of: (one: Conversation) => one.customer.source_tag ?? null },
  /** Whether the customer cannot be written to. */
  blocked: { type: "flag", of: (one: Conversation) => one.customer.blocked },
  /** How many of the customer's messages the operator who asks has not read. */
  unread: { type: "number", of: (one: Conversation) => one.read_count === undefined ? undefined : one.inbound_count - one.read_count },
  /** How many messages the customer has written; unread = inbound_count - read_count. */
  inbound_count: { type: "number", of: (one: Conversation) => one.inbound_count },
  /** The direction of the last message: from the customer, to the customer, or a system message. */
  last_direction: { type: "word", of: (one: Conversation) => one.last_message?.direction ?? null },
  /** When the conversation began. */
  created_at: { type: "time", of: (one: Conversation) => one.created_at },
  /** The time of the last message or change of status; the list's order. */
  updated_at: { type: "time", of: (one: Conversation) => one.updated_at },
  /** When the conversation was closed; no value while it is open. */
  closed_at: { type: "time", of: (one: Conversation) => one.closed_at },
  /** When a snoozed conversation wakes; no value if it is not snoozed, or until the customer writes. */
  snoozed_until: { type: "time", of: (one: Conversation) => one.snoozed_until },
  /** When the customer wrote the first message that has no answer; no value if they wait for none, or the conversation was closed since. */
  waiting_since: { type: "time", of: (one: Conversation) => one.waiting_since },
  /** Since when the conversation is spam; no value if it is none. */
  spam_at: { type: "time", of: (one: Conversation) => one.spam_at },
  /** Why it is spam: its customer wrote too fast, an operator marked it, the customer has not passed the check of the first contact, or an operator has blocked them; no value if it is none. */
  spam_reason: { type: "word", of: (one: Conversation) => one.spam_reason },
  /** Whether the conversation is spam. Lists and counts leave spam out, unless their condition has this field or spam_reason. */
  spam: { type: "flag", of: (one: Conversation) => one.spam_at !== null },
} as const
export type ConversationField = keyof typeof conversationFields

/** Letters that conditions treat as equal: a letter and its variants; see spec/fold.tbl. */
export const foldedLetters = "aAÀÁÂÃÄÅàáâãäåĀāĂăĄąẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ bB cCÇçĆćĈĉĊċČč dDÐðĎďĐđ eEÈÉÊËèéêëĒēĔĕĖėĘęĚěẸẹẺẻẼẽẾếỀềỂểỄễỆệ fF gGĜĝĞğĠġĢģ hHĤĥĦħ iIÌÍÎÏìíîïĨĩĪīĬĭĮįİıỈỉỊị jJĴĵ kKĶķ lLĹĺĻļĽľŁł mM nNÑñŃńŅņŇň oOÒÓÔÕÖØòóôõöøŌōŎŏŐőỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợ pP qQ rRŔŕŖŗŘř sSŚśŜŝŞşŠšſȘș tTŢţŤťŦŧȚț uUÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųỤụỦủỨứỪừỬửỮữỰự vV wWŴŵẀẁẂẃẄẅ xX yYÝýÿŶŷŸỲỳỴỵỶỷỸỹ zZŹźŻżŽž αΆΑά εΈΕέ ηΉΗή ιΊΐΙΪίϊ οΌΟό σΣς υΎΥΫΰϋύ ωΏΩώ еЁЕё æÆ þÞ ĳĲ ŀĿ ŋŊ œŒ βΒ γΓ δΔ ζΖ θΘ κΚ λΛ μΜ νΝ ξΞ πΠ ρΡ τΤ φΦ χΧ ψΨ аА бБ вВ гГ дД жЖ зЗ иИ йЙ кК лЛ мМ нН оО пП рР сС тТ уУ фФ хХ цЦ чЧ шШ щЩ ъЪ ыЫ ьЬ эЭ юЮ яЯ ѐЀ ђЂ ѓЃ єЄ ѕЅ іІ їЇ јЈ љЉ њЊ ћЋ ќЌ ѝЍ ўЎ џЏ ҋҊ ҍҌ ҏҎ ґҐ ғҒ ҕҔ җҖ ҙҘ қҚ ҝҜ ҟҞ ҡҠ ңҢ ҥҤ ҧҦ ҩҨ ҫҪ ҭҬ үҮ ұҰ ҳҲ ҵҴ ҷҶ ҹҸ һҺ ҽҼ ҿҾ ӂӁ ӄӃ ӆӅ ӈӇ ӊӉ ӌӋ ӎӍ ӏӀ ӑӐ ӓӒ ӕӔ ӗӖ әӘ ӛӚ ӝӜ ӟӞ ӡӠ ӣӢ ӥӤ ӧӦ өӨ ӫӪ ӭӬ ӯӮ ӱӰ ӳӲ ӵӴ ӷӶ ӹӸ ӻӺ ӽӼ ӿӾ ԁԀ ԃԂ ԅԄ ԇԆ ԉԈ ԋԊ ԍԌ ԏԎ ԑԐ ԓԒ ԕԔ ԗԖ ԙԘ ԛԚ ԝԜ ԟԞ ԡԠ ԣԢ ԥԤ ԧԦ ԩԨ ԫԪ ԭԬ ԯԮ"

/** Values for tests to start from: null, 0, "" and []. */
export const zeroConversation: Conversation = { id: 0, status: "waiting", assignee_id: null, inbound_count: 0, created_at: "1970-01-01T00:00:00.000Z", updated_at: "1970-01-01T00:00:00.000Z", closed_at: null, snoozed_until: null, waiting_since: null, spam_at: null, spam_reason: null, customer: { id: 0, channel: "", account: "", external_id: "", name: "", username: null, language: null, blocked: false, photo_id: null, created_at: "1970-01-01T00:00:00.000Z" }, last_message: null, seen_message_id: null, seen_at: null }
export const zeroMessage: Message = { id: 0, conversation_id: 0, direction: "in", kind: "text", operator_id: null, actor: "system", actor_id: null, text: "", entities: [], files: [], reply_to: null, album: null, content: null, forward: null, media: null, action: null, target_operator_id: null, client_id: null, delivery: null, delivery_error: null, origin: null, created_at: "1970-01-01T00:00:00.000Z", edited_at: null }
