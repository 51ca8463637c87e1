import { isolate } from "@/shared/lib/bidi"
import { pluralEn } from "@/shared/i18n/plural"

export const en = {
  nav: {
    main: "Main", inbox: "Inbox", settings: "Settings", failed: "Failed messages", palette: "Commands", account: "Account",
    repliesToYou: (n: number) => pluralEn(n, "of your conversations has a new reply", "of your conversations have new replies"),
    waitingCount: (n: number) => pluralEn(n, "customer is waiting", "customers are waiting"),
  },
  connection: {
    connecting: "Connecting…", online: "Live", offline: "Offline",
    offlineBody: "No connection. Your messages are sent once it’s back, and the list catches up automatically.",
    onlineHint: "Connected: updates appear instantly",
  },
  palette: {
    title: "Commands", placeholder: "Search customers, commands and settings", empty: (q: string) => `No results for “${isolate(q)}”`, people: "Customers", commands: "Commands",
    turnOn: "turn on", turnOff: "turn off", recent: "Recent", searching: "Searching…", failed: "Customers could not be searched. Check the connection.",
  },
  shortcuts: {
    title: "Keyboard shortcuts",
    groups: { go: "Go", conversation: "Conversation", composer: "Writing" },
    next: "Next conversation", previous: "Previous conversation", focusSearch: "Search", focusComposer: "Write a reply",
    help: "This sheet", escape: "Leave the field or the conversation", toggleTheme: "Light or dark theme", send: "Send",
    undo: "Undo the last action", or: "or", rule: "Single letters work while you are not writing; the chords with Ctrl or Alt work inside the field too.",
    markdown: "Type **bold**, _italic_, ~~struck~~, `code` or ||spoiler||",
  },
  notify: { title: (name: string) => `New message from ${isolate(name)}`, region: "New replies", open: "Open", openOf: (name: string) => `Open the conversation with ${isolate(name)}` },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
