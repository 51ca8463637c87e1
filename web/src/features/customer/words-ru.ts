import type { en } from "./words-en"

export const ru: typeof en = {
  customer: {
    title: "Клиент", username: "Ник", id: "ID", channel: "Канал", language: "Язык", since: "Первый контакт", messages: "Сообщений от клиента",
    blocked: "Заблокировал бота", banned: "Заблокирован вашей командой", bannedAt: "Заблокирован", bannedBy: "Кто заблокировал", deactivated: "Удалил аккаунт", premium: "Telegram Premium", source: "Источник", sourceTag: "Тег", sameTag: "Показать все диалоги с этим тегом", link: "Пришёл по ссылке", openTelegram: "Открыть в Telegram", hide: "Скрыть сведения о клиенте", status: "Статус", assignee: "Ведёт", nobody: "Никто", closedAt: "Закрыт",
    webChat: "Чат на сайте", app: "Приложение", lastSeen: "Был в сети", devices: "Устройства", device: "неизвестное",
  },
}
