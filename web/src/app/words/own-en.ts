import { isolate } from "@/shared/lib/bidi"

export const en = {
  nav: {
    main: "Main", palette: "Commands",
  },
  palette: {
    title: "Commands", placeholder: "Search customers, commands and settings", empty: (q: string) => `No results for “${isolate(q)}”`, people: "Customers", commands: "Commands",
    turnOn: "turn on", turnOff: "turn off", recent: "Recent", searching: "Searching…", failed: "Couldn’t search customers. Check your connection.",
  },
  shortcuts: {
    title: "Keyboard shortcuts",
    groups: { go: "Go", conversation: "Conversation", composer: "Writing" },
    next: "Next conversation", previous: "Previous conversation", focusSearch: "Search", focusComposer: "Write a reply",
    help: "This sheet", escape: "Leave the field or the conversation", toggleTheme: "Switch theme", send: "Send",
    undo: "Undo the last action", or: "or", rule: "Single keys work while you aren’t typing. Shortcuts with Ctrl or Alt work in the reply field too.",
    markdown: "Type **bold**, _italic_, ~~strikethrough~~, `code` or ||spoiler||",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
