export const en = {
  customer: {
    title: "Customer", username: "Username", id: "ID", channel: "Channel", language: "Language", since: "First contact", messages: "Messages",
    blocked: "Has blocked the bot", banned: "Blocked by your team", bannedAt: "Blocked on", bannedBy: "Blocked by", deactivated: "Has deleted their account", premium: "Telegram Premium", source: "Source", sourceTag: "Tag", sameTag: "Show all conversations with this tag", link: "Start link", openTelegram: "Open in Telegram", hide: "Hide details", status: "Status", assignee: "Assignee", nobody: "Unassigned", closedAt: "Closed",
    webChat: "Web chat", app: "App", lastSeen: "Last seen", devices: "Devices", device: "unknown",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
