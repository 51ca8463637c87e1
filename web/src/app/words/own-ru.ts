import { isolate } from "@/shared/lib/bidi"
import { pluralRu } from "@/shared/i18n/plural"
import type { en } from "./own-en"

export const ru: typeof en = {
  nav: {
    main: "Главная навигация", inbox: "Диалоги", settings: "Настройки", failed: "Недоставленные", palette: "Команды", account: "Учётная запись",
    repliesToYou: (n) => pluralRu(n, "ваш диалог с новым ответом", "ваших диалога с новыми ответами", "ваших диалогов с новыми ответами"),
    waitingCount: (n) => pluralRu(n, "клиент ждёт", "клиента ждут", "клиентов ждут"),
  },
  connection: {
    connecting: "Подключаемся…", online: "На связи", offline: "Нет связи",
    offlineBody: "Нет связи. Написанное подождёт и уйдёт позже, список догонит сам.",
    onlineHint: "На связи: изменения видны сразу",
  },
  palette: {
    title: "Команды", placeholder: "Клиент, команда или настройка", empty: (q) => `Ничего не нашлось: «${isolate(q)}»`, people: "Клиенты", commands: "Команды",
    turnOn: "включить", turnOff: "выключить", recent: "Недавние", searching: "Идёт поиск…", failed: "Поиск по клиентам не удался. Проверьте соединение.",
  },
  shortcuts: {
    title: "Клавиши",
    groups: { go: "Переходы", conversation: "Диалог", composer: "Набор ответа" },
    next: "Следующий диалог", previous: "Предыдущий диалог", focusSearch: "Поиск", focusComposer: "Написать ответ",
    help: "Эта подсказка", escape: "Выйти из поля или диалога", toggleTheme: "Светлая или тёмная тема", send: "Отправить",
    undo: "Отменить последнее действие", or: "или", rule: "Одиночные клавиши работают, пока вы не пишете. Сочетания с Ctrl и Alt действуют и в поле ответа.",
    markdown: "Пишите **жирный**, _курсив_, ~~зачёркнутый~~, `код` или ||скрытый||",
  },
  notify: { title: (name) => `Новое сообщение: ${isolate(name)}`, region: "Новые ответы", open: "Открыть", openOf: (name) => `Открыть диалог: ${isolate(name)}` },
}
