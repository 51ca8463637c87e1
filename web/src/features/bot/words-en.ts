import { isolate } from "@/shared/lib/bidi"
import { pluralEn } from "@/shared/i18n/plural"

export const en = {
  bot: {
    title: "Telegram bot", section: "Bot",
    unset: "No bot yet", connecting: "Connecting", ok: "Bot is working", unauthorized: "Token refused", conflict: "Token used elsewhere", unreachable: "Telegram unreachable",
    unsetBody: "Customers write to a Telegram bot. Connect one to begin.",
    unauthorizedBody: "Telegram refuses the token: it was revoked or replaced. Set the new one.",
    conflictBody: "Another server uses this bot’s token, so its messages go there instead of here. Stop that server, or get a new token from @BotFather and set it here. Until then we keep trying, less and less often.",
    unreachableBody: "Telegram does not answer. Messages wait and are sent when it returns.",
    setupTitle: "Connect your Telegram bot",
    setupBody: "Three steps, about two minutes. Then customers can write, and you answer here.",
    step1: "Open @BotFather in Telegram and send /newbot",
    step2: "Choose a name that customers will see, and a username that ends in “bot”",
    step3: "Copy the token from the answer and paste it here",
    openBotFather: "Open @BotFather",
    token: "Bot token",
    tokenPlaceholder: "123456789:AAF…",
    tokenHint: "Kept encrypted and never shown again.",
    tokenShape: "This does not look like a token: it has a number, a colon and a row of letters, as in 123456789:AAF…",
    connect: "Connect",
    checking: "Asking Telegram…",
    replace: "Change token",
    remove: "Disconnect the bot",
    removeTitle: "Disconnect the bot?",
    removeBody: "No messages are received or sent until a token is set again. Conversations stay.",
    connected: (name: string) => `@${isolate(name)} is connected`,
    removed: "The bot is disconnected",
    askAdmin: "Ask an administrator to connect the bot in the settings.",
    mode: "Updates via", polling: "long polling", webhook: "webhook",
    checked: "Checked",
    firstTitle: "Now message your bot", firstBody: (bot: string) => `Open ${bot} in your own Telegram, press Start and say hello, as a customer would. Your message appears here automatically.`,
    firstOpen: (bot: string) => `Open ${bot}`, firstCopy: "Copy the bot's link", firstQr: (bot: string) => `QR code that opens ${bot}`, firstScan: "Or scan it with your phone",
    firstWaiting: "Waiting for the first message…", firstStarted: (name: string) => `${isolate(name)} pressed Start. Now send a message.`,
    firstArrived: "Your first message is here", firstAnswer: "Open and reply",
    openSettings: "Open bot settings",
  },
  group: {
    title: "Staff group",
    body: "A group in Telegram where your team reads what customers write and replies to them without opening this panel.",
    states: { off: "Off", waiting: "Waiting", ok: "Working", failing: "Not reachable" },
    step1: (bot: string | null) => `Add ${bot ?? "your bot"} to a group of your team in Telegram. It needs no rights there.`,
    step2: "Choose the group below.",
    step3: "A reply to a customer's message in the group goes to that customer. Everything else stays between you.",
    candidates: "Groups with the bot",
    noCandidates: "The bot is in no group yet. Add it to one, and the group appears here automatically.",
    use: "Use this group", useNamed: (title: string) => `Use the group ${isolate(title)}`,
    inUse: (title: string) => `“${isolate(title)}” is the staff group now`, inUseUnnamed: "The staff group is set",
    id: "Or the group ID", idHint: "A negative number, for a group that isn’t listed.", idShape: "A group ID is a negative number, such as -1001234567890.",
    unknownTitle: "Group",
    change: "Use another group",
    stop: "Stop using", stopTitle: "Stop using the group?", stopBody: "Customers’ messages no longer go there, and those still queued are dropped. The panel keeps everything.", stopped: "The staff group is no longer used",
    failingBody: "Messages wait, for a day at most, until Telegram takes them for this group again. Check that the bot is a member and may write there.",
    waitingBody: "Telegram has not been asked yet whether the bot can write there.",
    queued: (n: number) => pluralEn(n, "message waits for the group", "messages wait for the group"),
    fromEnvironment: "Set by TELEGRAM_GROUP_CHAT_ID. A choice made here takes precedence.",
    origin: "Sent from the staff group",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
