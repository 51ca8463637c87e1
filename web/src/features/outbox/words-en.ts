import { isolate } from "@/shared/lib/bidi"
import { pluralEn } from "@/shared/i18n/plural"

export const en = {
  failed: {
    copyOf: (name: string) => `Copy to the staff group · ${isolate(name)}`,
    title: "Failed messages", short: "Failed",
    body: "Replies that Telegram didn’t accept after every attempt. Resend them, or remove them from this list.",
    empty: "Every reply was delivered",
    emptyBody: "If Telegram ever rejects a message for good, you’ll find it here with the reason.",
    attempts: (n: number) => pluralEn(n, "attempt", "attempts"),
    retried: "The message is queued again",
    removed: "Removed from the list",
    open: "Open conversation",
    to: (name: string) => `To ${isolate(name)}`,
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
