import { isolate } from "@/shared/lib/bidi"

export const en = {
  notify: { title: (name: string) => `New message from ${isolate(name)}`, region: "New replies", open: "Open", openOf: (name: string) => `Open the conversation with ${isolate(name)}` },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
