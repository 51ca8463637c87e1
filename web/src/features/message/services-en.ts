import { numberEn, pluralEn } from "@/shared/i18n/plural"

/** What Telegram tells of the chat, by its own names. */
export const servicesEn = {
  pinned_message: "The customer pinned a message",
  message_auto_delete_timer_changed: "The customer changed the chat’s auto-delete timer",
  chat_background_set: "The customer changed the chat’s background",
  boost_added: "The customer boosted the chat",
  write_access_allowed: "The customer allowed the bot to message them",
  connected_website: "The customer signed in to a website with Telegram",
  proximity_alert_triggered: "Someone came near a shared location",
  checklist_tasks_done: "The customer ticked off tasks in a checklist",
  checklist_tasks_added: "The customer added tasks to a checklist",
  poll_option_added: "The customer added an option to a poll",
  poll_option_deleted: "The customer removed an option from a poll",
  forum_topic_created: "A topic was created",
  forum_topic_edited: "A topic was renamed",
  forum_topic_closed: "A topic was closed",
  forum_topic_reopened: "A topic was reopened",
  gift_upgrade_sent: "The customer paid to upgrade a gift",
  giveaway_created: "A giveaway was started",
  giveaway_completed: "A giveaway has ended",
  paid_message_price_changed: "The price of a message was changed",
  direct_message_price_changed: "The price of a direct message was changed",
  suggested_post_approved: "A suggested post was approved",
  suggested_post_approval_failed: "A suggested post could not be approved",
  suggested_post_declined: "A suggested post was declined",
  suggested_post_paid: "A suggested post was paid for",
  suggested_post_refunded: "A suggested post was refunded",
  managed_bot_created: "A bot was created",
  new_chat_title: "The chat was renamed",
  video_chat_ended: "A video chat has ended",
}

/** `text`: a title or a name; `value`: a count or seconds; `span`: the seconds in words. */
export interface ServiceFact {
  text: string
  value: number
  span: string
}
export type ServicesWith = Record<string, Partial<Record<"text" | "value", (fact: ServiceFact) => string>>>

/** The texts of service messages with a fact. */
export const servicesWithEn = {
  pinned_message: { text: ({ text }) => `The customer pinned “${text}”` },
  message_auto_delete_timer_changed: { value: ({ span }) => (span ? `The customer set messages to delete themselves after ${span}` : "The customer turned auto-delete off") },
  boost_added: { value: ({ value }) => `The customer boosted the chat ${value === 1 ? "once" : `${numberEn(value)} times`}` },
  write_access_allowed: { text: ({ text }) => `The customer allowed the bot to message them through “${text}”` },
  connected_website: { text: ({ text }) => `The customer signed in to ${text} with Telegram` },
  proximity_alert_triggered: { value: ({ value }) => `Someone came within ${numberEn(value)} m of a shared location` },
  checklist_tasks_done: { text: ({ text }) => `The customer ticked off tasks in “${text}”` },
  checklist_tasks_added: { text: ({ text }) => `The customer added tasks to “${text}”` },
  poll_option_added: { text: ({ text }) => `The customer added the option “${text}” to a poll` },
  poll_option_deleted: { text: ({ text }) => `The customer removed the option “${text}” from a poll` },
  forum_topic_created: { text: ({ text }) => `The topic “${text}” was created` },
  forum_topic_edited: { text: ({ text }) => `A topic was renamed to “${text}”` },
  gift_upgrade_sent: { text: ({ text }) => `The customer paid to upgrade the gift “${text}”` },
  giveaway_completed: { value: ({ value }) => `A giveaway has ended with ${pluralEn(value, "winner", "winners")}` },
  paid_message_price_changed: { value: ({ value }) => `The price of a message is now ⭐ ${numberEn(value)}` },
  direct_message_price_changed: { value: ({ value }) => `The price of a direct message is now ⭐ ${numberEn(value)}` },
  managed_bot_created: { text: ({ text }) => `The bot @${text} was created` },
  new_chat_title: { text: ({ text }) => `The chat was renamed to “${text}”` },
  video_chat_ended: { value: ({ span }) => `A video chat has ended after ${span}` },
} satisfies ServicesWith
