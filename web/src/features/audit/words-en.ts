import type { AuditAction } from "@/contract"
import { isolate } from "@/shared/lib/bidi"

/** Each without its subject; `name` is the operator whom the action concerns. */
const done: Record<AuditAction, (name: string) => string> = {
  "operator.signed_in": () => "Signed in",
  "operator.password_changed": () => "Changed their own password",
  "operator.password_reset": (name) => `Reset the password of ${isolate(name)}`,
  "operator.created": (name) => `Added ${isolate(name)}`,
  "operator.provisioned": (name) => `Added ${isolate(name)}, who replied in the staff group`,
  "operator.changed": (name) => `Changed the account of ${isolate(name)}`,
  "operator.linked": (name) => `Linked a Telegram account to ${isolate(name)}`,
  "operator.unlinked": (name) => `Unlinked the Telegram account of ${isolate(name)}`,
  "operator.joined": (name) => `Joined somebody from the staff group to ${isolate(name)}`,
  "settings.changed": () => "Changed the settings",
  "storage.changed": () => "Changed the limits for files",
  "files.removed": () => "Deleted old files",
  "bot.added": () => "Connected another bot",
  "bot.changed": () => "Changed a bot’s settings",
  "bot.removed": () => "Removed a bot",
  "bot.token_set": () => "Connected the bot",
  "bot.token_cleared": () => "Disconnected the bot",
  "staff_group.set": () => "Chose the staff group",
  "staff_group.cleared": () => "Removed the staff group",
  "mobile.key_changed": () => "Replaced a key of the apps",
  "dead_letter.retried": () => "Queued an undelivered message again",
  "dead_letter.dismissed": () => "Removed an undelivered message from the list",
  "dead_job.retried": () => "Started failed work again",
  "dead_job.dismissed": () => "Removed failed work from the list",
  "spam.marked": () => "Marked a conversation as spam",
  "spam.cleared": () => "Moved a conversation out of spam",
  "customer.let_in": () => "Let a new customer in without the check",
  "customer.blocked": () => "Blocked a customer",
  "customer.unblocked": () => "Unblocked a customer",
  "sources.changed": () => "Changed the table of sources",
  "key.replaced": () => "Accepted a new secret key",
}

export const en = {
  audit: {
    title: "Audit log",
    body: "Who signed in, and who changed what, newest first.",
    show: "Show",
    parts: { all: "All", changes: "Changes", sign_ins: "Sign-ins" },
    alsoFoundBy: ["Activity log", "History of changes"],
    empty: "Nothing yet",
    emptyBody: "Sign-ins, changes to operators, the bot and the settings, and what is done about failures will appear here.",
    server: "The server",
    unknownOperator: (id: number) => `Operator ${id}`,
    unknownAction: "Something that only another version can name",
    done,
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
