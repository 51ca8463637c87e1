import { isolate } from "@/shared/lib/bidi"
import type { en } from "./words-en"

export const ru: typeof en = {
  audit: {
    title: "Журнал действий",
    body: "Кто входил и кто что менял: сначала новое.",
    show: "Показать",
    parts: { all: "Всё", changes: "Изменения", sign_ins: "Входы" },
    alsoFoundBy: ["Аудит", "История изменений"],
    empty: "Пока пусто",
    emptyBody: "Здесь появятся входы, изменения (операторы, бот, настройки) и действия со сбоями.",
    server: "Сервер",
    unknownOperator: (id) => `Оператор ${id}`,
    unknownAction: "Действие, известное только другой версии",
    done: {
      "operator.signed_in": () => "Вход в панель",
      "operator.password_changed": () => "Смена своего пароля",
      "operator.password_reset": (name) => `Сброс пароля: ${isolate(name)}`,
      "operator.created": (name) => `Новый оператор: ${isolate(name)}`,
      "operator.provisioned": (name) => `Новый оператор из группы сотрудников: ${isolate(name)}`,
      "operator.changed": (name) => `Изменение учётной записи: ${isolate(name)}`,
      "settings.changed": () => "Изменение настроек",
      "bot.added": () => "Подключение ещё одного бота",
      "bot.changed": () => "Изменение настроек бота",
      "bot.removed": () => "Удаление бота",
      "bot.token_set": () => "Подключение бота",
      "bot.token_cleared": () => "Отключение бота",
      "staff_group.set": () => "Выбор группы сотрудников",
      "staff_group.cleared": () => "Отказ от группы сотрудников",
      "mobile.key_changed": () => "Замена ключа для приложений",
      "dead_letter.retried": () => "Повторная отправка недоставленного сообщения",
      "dead_letter.dismissed": () => "Удаление недоставленного сообщения из списка",
      "dead_job.retried": () => "Повторный запуск неудавшейся задачи",
      "dead_job.dismissed": () => "Удаление неудавшейся задачи из списка",
      "key.replaced": () => "Замена секретного ключа",
    },
  },
}
