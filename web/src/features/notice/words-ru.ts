import { isolate } from "@/shared/lib/bidi"
import type { en } from "./words-en"

export const ru: typeof en = {
  notify: { title: (name) => `Новое сообщение: ${isolate(name)}`, region: "Новые ответы", open: "Открыть", openOf: (name) => `Открыть диалог: ${isolate(name)}` },
}
