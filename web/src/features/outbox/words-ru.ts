import { isolate } from "@/shared/lib/bidi"
import { limits } from "@/contract"
import { numberRu, pluralRu } from "@/shared/i18n/plural"
import type { en } from "./words-en"

export const ru: typeof en = {
  failed: {
    copyOf: (name: string) => `Копия в группу сотрудников · ${isolate(name)}`,
    title: "Сбои",
    body: "Что не удалось доставить или выполнить даже после всех попыток.",
    count: (n) => pluralRu(n, "сбой", "сбоя", "сбоев"),
    alsoFoundBy: ["Недоставленные", "Проблемы с доставкой", "Ошибки отправки", "Невыполненные задачи"],
    empty: "Сбоев нет",
    emptyBody: "Если сообщение не удастся доставить или задачу — выполнить, они появятся здесь с причиной.",
    messages: "Недоставленные сообщения",
    messagesBody: `Отправьте их снова или уберите из списка. В нём хранятся последние ${numberRu(limits.dead_letters_max)}.`,
    attempts: (n) => pluralRu(n, "попытка", "попытки", "попыток"),
    retried: "Сообщение снова в очереди",
    removed: "Убрано из списка",
    open: "К диалогу",
    to: (name) => `Кому: ${isolate(name)}`,
    jobs: "Фоновые задачи",
    jobsBody: "Эти задачи не удалось выполнить ни с одной попытки. Устраните причину и повторите. Регулярные задачи запустятся и сами.",
    jobRetried: "Задача запущена снова",
  },
}
