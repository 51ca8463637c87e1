import { isolate } from "@/shared/lib/bidi"
import type { en } from "./own-en"

export const ru: typeof en = {
  nav: {
    main: "Главная навигация", palette: "Команды",
  },
  palette: {
    title: "Команды", placeholder: "Клиент, команда или настройка", empty: (q) => `Ничего не нашлось: «${isolate(q)}»`, people: "Клиенты", commands: "Команды",
    turnOn: "включить", turnOff: "выключить", recent: "Недавние", searching: "Идёт поиск…", failed: "Поиск по клиентам не удался. Проверьте соединение.",
  },
  shortcuts: {
    title: "Горячие клавиши",
    groups: { go: "Переходы", conversation: "Диалог", composer: "Набор ответа" },
    next: "Следующий диалог", previous: "Предыдущий диалог", focusSearch: "Поиск", focusComposer: "Написать ответ",
    help: "Эта подсказка", escape: "Выйти из поля или диалога", toggleTheme: "Сменить тему", send: "Отправить",
    undo: "Отменить последнее действие", or: "или", rule: "Одиночные клавиши работают, пока вы не печатаете. Сочетания с Ctrl и Alt работают и в поле ответа.",
    markdown: "Пишите **жирный**, _курсив_, ~~зачёркнутый~~, `код` или ||скрытый||",
  },
}
