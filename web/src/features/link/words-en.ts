export const en = {
  link: {
    title: "My Telegram",
    body: "Link your own Telegram account: what you write and do in the staff group counts as yours, and the bot can tell you what’s new.",
    none: "No account is linked.",
    make: "Link an account",
    how: "Open the bot with this link, press Start, and confirm. This page shows when it’s done.",
    open: (bot: string) => `Open @${bot}`,
    orSend: "Or send this to the bot yourself:",
    copy: "Copy",
    left: (time: string) => `Works once, for ${time} more. Don’t show it to anyone.`,
    expired: "The link has expired.",
    again: "New link",
    noBot: "No bot is connected yet.",
    account: (id: string) => `Telegram account ${id}`,
    unlink: "Unlink",
    unlinkTitle: "Unlink your Telegram?",
    unlinkBody: "What you write in the staff group after that will count as someone else’s, and notifications stop. Everything until now stays yours.",
    unlinked: "Unlinked",
    noticesTitle: "Telegram notifications",
    noticesBody: "The bot writes to you in private; reply to a notification to answer the customer. Nothing is sent until you switch it on.",
    noticesWhy: {
      unlinked: "Link your Telegram account first: the bot doesn’t know yet where to write.",
      no_chat: "You’re known from the staff group only. Press “Unlink”, then link the account again, so that the bot may write to you.",
      blocked: "You have blocked the bot in Telegram, so notifications have stopped. Unblock it there, and they start again.",
    },
    waiting: "New conversations",
    waitingHint: "Someone waits and nobody has taken it yet. You can take it with a button.",
    assigned: "Assigned to me",
    assignedHint: "A colleague gives you a conversation.",
    answered: "My customers write",
    answeredHint: "One notification until you have read the conversation, however much they write.",
    quiet: "Quiet hours",
    quietHint: "Notifications wait until the end, and come only if they still matter.",
    quietFrom: "From", quietTo: "Until",
    zone: (zone: string) => `Time zone: ${zone}`,
    alsoFoundBy: ["Profile", "Telegram account", "Staff group", "Notifications"],
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
