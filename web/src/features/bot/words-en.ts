import { isolate } from "@/shared/lib/bidi"
import { pluralEn } from "@/shared/i18n/plural"

export const en = {
  bot: {
    title: "Telegram bot", section: "Bot",
    unset: "No bot yet", connecting: "Connecting", ok: "Bot is working", unauthorized: "Token rejected", conflict: "Token in use elsewhere", unreachable: "Telegram unreachable",
    unsetBody: "Customers write to a Telegram bot. Connect one to get started.",
    unauthorizedBody: "Telegram rejected the token: it was revoked or replaced. Enter the new one.",
    conflictBody: "Another server is using this bot’s token, so messages go there instead of here. Stop that server, or get a new token from @BotFather and enter it here. Until then we keep trying, less and less often.",
    unreachableBody: "Telegram isn’t responding. Messages wait and will be sent when it’s back.",
    setupTitle: "Connect your Telegram bot",
    setupBody: "Three steps, about two minutes. Then customers can write, and you reply here.",
    step1: "Open @BotFather in Telegram and send /newbot",
    step2: "Choose a name for customers to see, and a username ending in “bot”",
    step3: "Copy the token from its reply and paste it here",
    openBotFather: "Open @BotFather",
    token: "Bot token",
    tokenPlaceholder: "123456789:AAF…",
    tokenHint: "Stored encrypted and never shown again.",
    tokenShape: "This doesn’t look like a token. A token is a number, a colon and a string of letters, like 123456789:AAF…",
    connect: "Connect",
    checking: "Checking with Telegram…",
    replace: "Change token",
    remove: "Disconnect the bot",
    removeTitle: "Disconnect the bot?",
    removeBody: "No messages will be received or sent until you enter a token again. Conversations are kept.",
    connected: (name: string) => `@${isolate(name)} is connected`,
    removed: "Bot disconnected",
    askAdmin: "Ask an administrator to connect the bot in the settings.",
    mode: "Updates via", polling: "long polling", webhook: "webhook",
    checked: "Checked",
    firstTitle: "Now message your bot", firstBody: (bot: string) => `Open ${bot} in your own Telegram, press Start and say hello, as a customer would. Your message appears here automatically.`,
    firstOpen: (bot: string) => `Open ${bot}`, firstCopy: "Copy the bot’s link", firstQr: (bot: string) => `QR code that opens ${bot}`, firstScan: "Or scan it with your phone",
    firstWaiting: "Waiting for the first message…", firstStarted: (name: string) => `${isolate(name)} pressed Start. Now send a message.`,
    firstArrived: "Your first message is here", firstAnswer: "Open and reply",
    openSettings: "Open bot settings",
  },
  group: {
    title: "Staff group",
    body: "A group in Telegram where your team reads what customers write and replies to them without opening this panel.",
    states: { off: "Off", waiting: "Waiting", ok: "Working", failing: "Unreachable" },
    step1: (bot: string | null) => `Add ${bot ?? "your bot"} to your team’s group in Telegram. It needs no special permissions there.`,
    step2: "Choose the group below.",
    step3: "Reply to a customer’s message in the group, and the reply goes to that customer. Everything else stays within the team.",
    candidates: "Groups with the bot",
    noCandidates: "The bot isn’t in any group yet. Add it to one, and the group appears here automatically.",
    use: "Use this group", useNamed: (title: string) => `Use the group ${isolate(title)}`,
    inUse: (title: string) => `“${isolate(title)}” is now the staff group`, inUseUnnamed: "The staff group is set",
    id: "Or the group ID", idHint: "A negative number, for a group that isn’t listed.", idShape: "A group ID is a negative number, such as -1001234567890.",
    unknownTitle: "Group",
    change: "Use another group",
    stop: "Stop using", stopTitle: "Stop using the group?", stopBody: "Customers’ messages will no longer go there, and any still queued will be dropped. The panel keeps everything.", stopped: "The staff group is no longer used",
    failingBody: "Messages wait up to a day for Telegram to accept them for this group again. Check that the bot is a member and can write there.",
    waitingBody: "It isn’t known yet whether the bot can write there.",
    queued: (n: number) => pluralEn(n, "message waiting to be sent to the group", "messages waiting to be sent to the group"),
    fromEnvironment: "Set by TELEGRAM_GROUP_CHAT_ID. A choice made here takes precedence.",
    origin: "Sent from the staff group",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
