import { isolate } from "@/shared/lib/bidi"
import { limits } from "@/contract"
import { numberEn, pluralEn } from "@/shared/i18n/plural"

export const en = {
  failed: {
    copyOf: (name: string) => `Copy to the staff group · ${isolate(name)}`,
    title: "Failures",
    body: "What couldn’t be delivered or done, even after every attempt.",
    count: (n: number) => pluralEn(n, "failure", "failures"),
    alsoFoundBy: ["Failed messages", "Delivery problems", "Dead letters", "Failed jobs"],
    empty: "Nothing has failed",
    emptyBody: "If a message can’t be delivered or a task can’t be done, you’ll find it here with the reason.",
    messages: "Undelivered messages",
    messagesBody: `Resend them, or remove them from this list. It keeps the latest ${numberEn(limits.dead_letters_max)}.`,
    attempts: (n: number) => pluralEn(n, "attempt", "attempts"),
    retried: "The message is queued again",
    removed: "Removed from the list",
    open: "Open conversation",
    to: (name: string) => `To ${isolate(name)}`,
    jobs: "Background work",
    jobsBody: "These tasks failed on every attempt. Fix the cause, then try again. Recurring tasks also keep trying on their own.",
    jobRetried: "It will be tried again now",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
