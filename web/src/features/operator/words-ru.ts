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
    oneTimeBody: (name) => `Передайте его: ${isolate(name)}. Он показан только сейчас, и при первом входе его придётся сменить.`,
    copyPassword: "Скопировать пароль",
    reset: "Сбросить пароль",
    resetTitle: "Сбросить пароль?",
    resetBody: (name) => `${isolate(name)} выйдет на всех устройствах и получит новый одноразовый пароль.`,
    deactivate: "Отключить",
    activate: "Включить",
    deactivateTitle: "Отключить оператора?",
    deactivateBody: (name) => `${isolate(name)} выйдет из панели и не сможет войти. Всё написанное останется.`,
    inactive: "Отключён",
    cannotSignIn: "Отвечает в группе", cannotSignInHint: "Задайте пароль, чтобы пустить и в панель.",
    mustChange: "Ещё не входил",
    actionsFor: (name) => `Действия: ${isolate(name)}`,
    updated: "Изменено",
    count: (n) => pluralRu(n, "оператор", "оператора", "операторов"),
  },
}
