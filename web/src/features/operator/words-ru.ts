import { isolate } from "@/shared/lib/bidi"
import { pluralRu } from "@/shared/i18n/plural"
import type { en } from "./words-en"

export const ru: typeof en = {
  operators: {
    title: "Операторы",
    body: "Те, кто отвечает в этой панели.",
    add: "Добавить оператора",
    addTitle: "Новый оператор",
    login: "Логин", email: "Почта", name: "Имя", role: "Роль",
    roles: { admin: "Администратор", senior_operator: "Старший оператор", operator: "Оператор" },
    roleHints: { admin: "Всё, включая бота, настройки и операторов", senior_operator: "Отвечает, назначает, убирает недоставленные", operator: "Отвечает и берёт диалоги" },
    create: "Добавить",
    oneTimeTitle: "Одноразовый пароль",
    oneTimeBody: (name) => `Для кого: ${isolate(name)}. Пароль показан только сейчас, и при первом входе его придётся сменить.`,
    copyPassword: "Скопировать пароль",
    reset: "Сбросить пароль",
    resetTitle: "Сбросить пароль?",
    resetBody: (name) => `${isolate(name)}: все сеансы завершатся, для входа понадобится новый одноразовый пароль.`,
    deactivate: "Отключить",
    activate: "Включить",
    deactivateTitle: "Отключить оператора?",
    deactivateBody: (name) => `${isolate(name)}: все сеансы завершатся, войти больше не получится. Всё написанное останется.`,
    inactive: "Отключён",
    cannotSignIn: "Отвечает в группе", cannotSignInHint: "Задайте пароль, чтобы открыть доступ и к панели.",
    join: "Объединить с другим оператором",
    joinTitle: (name) => `Кто такой ${isolate(name)}?`,
    joinBody: "Сообщения, диалоги и записи в журнале перейдут к выбранному оператору. Отменить это нельзя.",
    joinInto: "Это тот же человек, что и",
    joinNow: "Объединить",
    joined: "Объединено",
    mustChange: "Ещё не входил",
    actionsFor: (name) => `Действия: ${isolate(name)}`,
    updated: "Изменения сохранены",
    count: (n) => pluralRu(n, "оператор", "оператора", "операторов"),
  },
}
