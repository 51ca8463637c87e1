export const en = {
  link: {
    title: "My Telegram",
    body: "Link your own Telegram account, and what you write and do in the staff group counts as yours.",
    none: "No account is linked.",
    make: "Link an account",
    how: "Open the bot with this link and press Start. This page shows when it’s done.",
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
    unlinkBody: "What you write in the staff group after that will count as someone else’s. Everything until now stays yours.",
    unlinked: "Unlinked",
    alsoFoundBy: ["Profile", "Telegram account", "Staff group"],
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
