import type * as en from "./en"

/** 1 сообщение, 2 сообщения, 5 сообщений. */
export function plural(n: number, one: string, few: string, many: string): string {
  const tens = n % 100
  const ones = n % 10
  const form = tens > 10 && tens < 20 ? many : ones === 1 ? one : ones > 1 && ones < 5 ? few : many
  return `${n} ${form}`
}

export const loader: typeof en.loader = {
  title: "Напишите нам",
  open: "Открыть чат",
  close: "Закрыть чат",
  unread: (n) => `Открыть чат, ${plural(n, "непрочитанное сообщение", "непрочитанных сообщения", "непрочитанных сообщений")}`,
  unavailable: "Чат сейчас недоступен.",
  retry: "Попробовать ещё раз",
}

export const frame: typeof en.frame = {
  title: "Напишите нам",
  subtitle: "Пишите, мы ответим прямо здесь",
  close: "Закрыть чат",
  messages: "Сообщения",
  empty: "Чем мы можем помочь?",
  emptyBody: "Напишите нам. Ответ придёт сюда и дождётся вас, если вы уйдёте.",
  loading: "Сообщения загружаются",
  older: "Загружаются прежние сообщения",
  connecting: "Соединяемся…",
  noConnection: "Нет связи",
  offline: "Написанное отправится, когда связь появится.",
  answers: (name) => `Вам отвечает ${name}`,
  typing: (name) => (name ? `${name} печатает…` : "Печатает…"),
  spoiler: "Скрытый текст, нажмите, чтобы показать",
  refused: "Чат здесь сейчас недоступен.",
  refusedBody: "Пожалуйста, свяжитесь с нами другим способом. Причину владелец сайта найдёт в консоли браузера.",
  you: "Вы",
  visitor: "Посетитель",
  support: "Поддержка",
  today: "Сегодня",
  yesterday: "Вчера",
  newMessages: "Новые сообщения",
  toEnd: "К последнему сообщению",
  placeholder: "Ваше сообщение…",
  message: "Сообщение",
  send: "Отправить",
  attach: "Добавить фото",
  drop: "Перетащите фото сюда",
  removePhoto: (n) => `Убрать фото ${n}`,
  photo: "Фото",
  openPhoto: "Открыть фото",
  photoFailed: "Фото не удалось показать",
  photoOf: (n, of) => `${n} из ${of}`,
  previous: "Предыдущее фото",
  next: "Следующее фото",
  closePhoto: "Закрыть фото",
  sending: "Отправляется…",
  sendingPercent: (percent) => `Отправляется, ${percent}%`,
  waiting: "Ждёт отправки",
  waitingFor: (seconds) => `Вы пишете очень быстро. Отправится через ${seconds} с.`,
  sent: "Отправлено",
  notSent: "Пока не отправлено, пробуем снова",
  retryNow: "Повторить сейчас",
  retry: "Повторить",
  discard: "Удалить",
  tooLong: (over) => `Лишние ${plural(over, "знак", "знака", "знаков")}. Сократите или отправьте по частям.`,
  left: (n) => `Осталось: ${plural(n, "знак", "знака", "знаков")}`,
  tooManyPhotos: (max) => `В одно сообщение входит ${max} фото. Остальные отправьте следующим.`,
  photoTooLarge: (megabytes) => `Фото может весить до ${megabytes} МБ. Выберите поменьше.`,
  photoKind: "Отправить можно только фото PNG, JPEG, GIF и WebP.",
  refusedLarge: "Фото слишком большие. Отправьте меньше или поменьше размером.",
  refusedToday: "Сегодня больше нельзя отправить сообщения. Попробуйте завтра.",
  refusedQuota: "Сегодня больше нельзя отправить фото. Отправьте только текст или пришлите фото завтра.",
  refusedPhoto: "Одно из фото не принимается. Выберите другое или сохраните его заново как JPEG.",
  refusedText: "Сообщение не принято. Измените его и отправьте снова.",
  refusedAccess: "Чат вас больше не узнаёт. Обновите страницу и попробуйте снова.",
}
