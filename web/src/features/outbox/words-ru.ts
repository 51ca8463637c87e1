import { isolate } from "@/shared/lib/bidi"
import { pluralRu } from "@/shared/i18n/plural"
import type { en } from "./words-en"

export const ru: typeof en = {
  failed: {
    copyOf: (name: string) => `Копия в группу сотрудников · ${isolate(name)}`,
    title: "Недоставленные", short: "Недоставленные",
    body: "Ответы, которые Telegram не принял после всех попыток. Отправьте их снова или уберите из списка.",
    empty: "Все ответы доставлены",
    emptyBody: "Если Telegram окончательно откажется принять сообщение, оно появится здесь с причиной.",
    attempts: (n) => pluralRu(n, "попытка", "попытки", "попыток"),
    retried: "Сообщение снова в очереди",
    removed: "Убрано из списка",
    open: "Открыть диалог",
    to: (name) => `Кому: ${isolate(name)}`,
  },
}
