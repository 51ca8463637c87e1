import { errorsRu } from "./errors-ru"
import { numberRu, pluralRu } from "./plural"
import type { en } from "./en"

export const ru: typeof en = {
  number: numberRu,
  app: {
    name: "Switchboard",
    titleBadge: (n, title) => `(${n}) ${title}`,
    skip: "К содержимому",
    loading: "Загрузка", reload: "Перезагрузить", partMissingTitle: "Не удалось загрузить страницу",
    partWaits: "Нет связи с сервером. Страница откроется сама, когда связь восстановится.", partOutdated: "Похоже, панель обновилась, пока была открыта. Перезагрузите страницу, чтобы продолжить.",
    partFailed: "Не удалось загрузить. Попробуйте ещё раз или перезагрузите страницу: возможно, панель обновилась.",
    partOffline: "Не удалось загрузить: нет связи с сервером. Попробуйте ещё раз, когда она восстановится.",
    crashedTitle: "На этой странице что-то сломалось",
    crashedBody: "Сообщения в сохранности на сервере. Перезагрузите страницу, чтобы продолжить.",
    notFoundTitle: "Такой страницы нет",
    notFoundBody: "Возможно, в адресе опечатка или страница переехала.",
    toInbox: "К диалогам",
    unreachableTitle: "Сервер не отвечает",
    unreachableBody: "Проверьте подключение. Панель сама попробует ещё раз.",
  },
  common: {
    dismiss: "Скрыть",
    save: "Сохранить", saved: "Сохранено", cancel: "Отмена", close: "Закрыть", back: "Назад", retry: "Повторить", remove: "Убрать",
    copy: "Скопировать", copied: "Скопировано", copyFailed: "Браузер не даёт скопировать. Выделите текст и скопируйте вручную.", retryIn: (seconds) => `Попробуйте через ${seconds < 120 ? pluralRu(seconds, "секунду", "секунды", "секунд") : pluralRu(Math.ceil(seconds / 60), "минуту", "минуты", "минут")}.`, undo: "Вернуть", more: "Ещё", search: "Поиск", clear: "Очистить", done: "Готово", yes: "Да", no: "Нет",
    you: "вы", none: "Нет", loadMore: "Показать ещё", menu: "Меню",
  },
  connection: {
    connecting: "Подключаемся…", online: "На связи", offline: "Нет связи",
    offlineBody: "Нет связи. Сообщения отправятся, когда она появится, а список обновится сам.",
    onlineHint: "На связи: изменения видны сразу",
  },
  errors: errorsRu,
}
