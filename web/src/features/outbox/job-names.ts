import type { Locale } from "@/shared/lib/prefs"

/** The task of each kind of job; "" for a kind that the server does not know. Loaded with the page. */
export const jobNames: Readonly<Record<Locale, Readonly<Record<string, string>>>> = {
  en: {
    "": "A task of another version",
    "prune.events": "Deleting old events",
    "prune.sessions": "Deleting ended sessions",
    "prune.inbound": "Deleting marks of received updates",
    "prune.copies": "Deleting copies the staff group never took",
    "prune.raw": "Deleting updates kept as received",
    "prune.audit": "Deleting old audit entries",
    "prune.jobs": "Deleting old failed work",
    "prune.files": "Deleting unused files",
    "conversation.wake": "Ending a snooze",
    "push": "Sending a push message",
    "file.fetch": "Fetching a file from Telegram",
    "outbox.notice": "Sending a notice to the staff group",
    "outbox.answer": "Sending an answer to a customer",
    "outbox.copy": "Sending a copy to the staff group",
  },
  ru: {
    "": "Задача другой версии",
    "prune.events": "Удаление старых событий",
    "prune.sessions": "Удаление завершённых сеансов",
    "prune.inbound": "Удаление отметок о полученных обновлениях",
    "prune.copies": "Удаление копий, которые группа сотрудников не приняла",
    "prune.raw": "Удаление сохранённых исходных обновлений",
    "prune.audit": "Удаление старых записей журнала",
    "prune.jobs": "Удаление старых неудавшихся задач",
    "prune.files": "Удаление неиспользуемых файлов",
    "conversation.wake": "Возврат отложенного диалога",
    "push": "Отправка push-уведомления",
    "file.fetch": "Загрузка файла из Telegram",
    "outbox.notice": "Уведомление в группу сотрудников",
    "outbox.answer": "Отправка ответа клиенту",
    "outbox.copy": "Отправка копии в группу сотрудников",
  },
}
