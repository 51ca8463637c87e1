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
    jobs: "Background work",
    jobsBody: "These tasks failed on every attempt. Fix the cause, then try again. Recurring tasks also keep trying on their own.",
    jobRetried: "It will be tried again now",
    jobNames: {
      "prune.events": "Deleting old events",
      "prune.sessions": "Deleting ended sessions",
      "prune.inbound": "Deleting marks of received updates",
      "prune.copies": "Deleting copies the staff group never took",
      "prune.raw": "Deleting updates kept as received",
      "prune.audit": "Deleting old audit entries",
      "prune.jobs": "Deleting old failed work",
      "prune.files": "Deleting unused files",
      "conversation.wake": "Ending a snooze",
    } as Record<string, string>,
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
