import { useLocale } from "@/shared/i18n"
import { pluralEn, pluralRu } from "@/shared/i18n/plural"

/** The texts of the composer's dialogs: loaded with them, since the first page does not need them. */
const en = {
  send: "Send",
  location: {
    title: "Send a location",
    coordinates: "Coordinates", coordinatesHint: "Latitude and longitude, or a link from a map service",
    bad: "Enter a latitude and a longitude, such as 48.2082, 16.3738.",
    here: "Use my position", asking: "Finding your position…",
    refused: "The browser doesn’t share your position. Allow it in the browser’s settings, or enter the coordinates.",
    unknown: "Your position couldn’t be determined. Enter the coordinates instead.",
    name: "Name of the place", nameHint: "Optional: with a name it arrives as a place.", address: "Address", needAddress: "A place needs an address, too.", needName: "A place needs a name, too.",
    check: "Check on the map",
  },
  contact: {
    title: "Send a contact", phone: "Phone number", phoneHint: "With the country code, such as +43 1 234567", first: "First name", last: "Last name",
    bad: "Enter the number with digits, spaces and a leading +.", pick: "Choose from this device’s contacts",
  },
  poll: {
    title: "Send a poll", question: "Question", options: "Options", option: (n: number) => `Option ${n}`, add: "Add an option",
    remove: (n: number) => `Remove option ${n}`, up: (n: number) => `Move option ${n} up`, down: (n: number) => `Move option ${n} down`, removed: "Option removed",
    anonymous: "Anonymous votes", anonymousHint: "Nobody sees who chose what. The desk gets the totals only.",
    multiple: "Several answers", quiz: "Quiz", quizHint: "One option is right. Mark it above.",
    right: (n: number) => `Option ${n} is right`, explanation: "Explanation", explanationHint: "Optional. Shown after a wrong answer.",
    needQuestion: "Write a question.", needOptions: "Fill in at least two options.", twins: "Two options are the same.", needRight: "Mark the right option.",
    left: (n: number) => `${n} left`, more: (n: number) => `You can add ${pluralEn(n, "more option", "more options")}.`,
  },
  dice: {
    title: "Send an animated emoji", body: "Telegram decides the result. The customer sees the animation.",
    names: { "🎲": "Dice", "🎯": "Darts", "🏀": "Basketball", "⚽": "Football", "🎳": "Bowling", "🎰": "Slot machine" } as Record<string, string>,
  },
  sticker: {
    title: "Send a sticker", recent: "Recent", none: "No stickers yet. Those that customers send appear here.", upload: "Choose a file…",
    hint: "WebP picture, animated TGS, or WebM video", send: (emoji: string) => `Send the sticker ${emoji}`.trim(), failed: "The stickers couldn’t be loaded.", notSticker: "This file can’t be a sticker: a WebP picture of up to 512 KB, a TGS of up to 64 KB or a WebM of up to 256 KB.",
  },
  buttons: {
    title: "Buttons under the message", preview: "Preview", empty: "No buttons yet.", addFirst: "Add a button", addToRow: "Add a button to this row", addRow: "Add a row",
    label: "Label", kind: "When it’s pressed", kinds: { url: "Opens a link", callback: "Notifies the desk", copy: "Copies text" },
    url: "Link", urlBad: "Enter an address that begins with https:// or http://.", callback: "What the desk receives", callbackHint: "Up to 64 bytes. The press appears in the conversation.",
    callbackLong: (n: number) => `${pluralEn(n, "byte", "bytes")} too long.`, copy: "Text to copy", style: "Colour", styles: { default: "Plain", primary: "Blue", success: "Green", danger: "Red" },
    left: "Move left", right: "Move right", up: "Move up", down: "Move down", remove: "Remove the button", removed: "Button removed", unfinished: "Unfinished buttons removed", needLabel: "Write a label.", needValue: "Fill this in.", save: "Done", clear: "Remove all",
    edit: (label: string) => `Edit the button “${label}”`, unnamed: "New button", full: "A row has up to 8 buttons.",
  },
  videoNote: {
    title: "Video message", body: "Up to a minute, in a circle.", preview: "What the camera sees", starting: "Starting the camera…", record: "Record", stop: "Stop", again: "Record again", send: "Send", recorded: "Recorded. Look at it, then send it.", name: "Video message",
    refused: "The browser doesn’t allow the camera or the microphone. Allow both in the address bar or in the browser’s settings, then try again.", noMicrophone: "No camera with a microphone was found.", failed: "Recording isn’t possible right now. Another program may be using the camera.",
  },
  voice: {
    recording: "Recording", paused: "Recording paused", pause: "Pause", resume: "Continue recording", play: "Listen", stop: "Stop listening", cancel: "Delete the recording", send: "Send the voice message",
    deleted: "Recording deleted", keep: "Keep it as a draft", starting: "Starting the microphone…", finishing: "Preparing…",
    refused: "The browser doesn’t allow the microphone. Allow it in the address bar or in the browser’s settings, then try again.", noMicrophone: "No microphone was found.", failed: "Recording isn’t possible right now. Another program may be using the microphone.",
    tooShort: "Too short. Speak a little longer.", name: "Voice message", full: "The longest possible recording has been reached.",
  },
}

const ru: typeof en = {
  send: "Отправить",
  location: {
    title: "Отправить геопозицию",
    coordinates: "Координаты", coordinatesHint: "Широта и долгота или ссылка из картографического сервиса",
    bad: "Введите широту и долготу, например 48.2082, 16.3738.",
    here: "Моё местоположение", asking: "Определяется местоположение…",
    refused: "Браузер не сообщает местоположение. Разрешите это в настройках браузера или введите координаты.",
    unknown: "Определить местоположение не удалось. Введите координаты.",
    name: "Название места", nameHint: "Необязательно. С названием придёт как место.", address: "Адрес", needAddress: "Месту нужен и адрес.", needName: "Месту нужно и название.",
    check: "Проверить на карте",
  },
  contact: {
    title: "Отправить контакт", phone: "Номер телефона", phoneHint: "С кодом страны, например +7 495 123-45-67", first: "Имя", last: "Фамилия",
    bad: "Введите номер: цифры, пробелы и плюс в начале.", pick: "Выбрать из контактов устройства",
  },
  poll: {
    title: "Отправить опрос", question: "Вопрос", options: "Варианты ответа", option: (n) => `Вариант ${n}`, add: "Добавить вариант",
    remove: (n) => `Убрать вариант ${n}`, up: (n) => `Переместить вариант ${n} выше`, down: (n) => `Переместить вариант ${n} ниже`, removed: "Вариант убран",
    anonymous: "Анонимное голосование", anonymousHint: "Никто не увидит, кто что выбрал. Здесь будут только итоги.",
    multiple: "Несколько ответов", quiz: "Викторина", quizHint: "Верен один вариант. Отметьте его выше.",
    right: (n) => `Вариант ${n} верный`, explanation: "Пояснение", explanationHint: "Необязательно. Появится после неверного ответа.",
    needQuestion: "Напишите вопрос.", needOptions: "Заполните хотя бы два варианта.", twins: "Два варианта одинаковы.", needRight: "Отметьте верный вариант.",
    left: (n) => `осталось ${n}`, more: (n) => `Можно добавить ещё ${pluralRu(n, "вариант", "варианта", "вариантов")}.`,
  },
  dice: {
    title: "Отправить анимированный эмодзи", body: "Результат определит Telegram. Клиент увидит анимацию.",
    names: { "🎲": "Кубик", "🎯": "Дартс", "🏀": "Баскетбол", "⚽": "Футбол", "🎳": "Боулинг", "🎰": "Игровой автомат" },
  },
  sticker: {
    title: "Отправить стикер", recent: "Недавние", none: "Стикеров пока нет. Здесь появятся те, что пришлют клиенты.", upload: "Выбрать файл…",
    hint: "Картинка WebP, анимация TGS или видео WebM", send: (emoji) => `Отправить стикер ${emoji}`.trim(), failed: "Не удалось загрузить стикеры.", notSticker: "Из этого файла стикер не получится. Подойдёт WebP до 512 КБ, TGS до 64 КБ или WebM до 256 КБ.",
  },
  buttons: {
    title: "Кнопки под сообщением", preview: "Как увидит клиент", empty: "Кнопок пока нет.", addFirst: "Добавить кнопку", addToRow: "Добавить кнопку в этот ряд", addRow: "Добавить ряд",
    label: "Надпись", kind: "При нажатии", kinds: { url: "Откроет ссылку", callback: "Сообщит нам", copy: "Скопирует текст" },
    url: "Ссылка", urlBad: "Адрес должен начинаться с https:// или http://.", callback: "Что придёт сюда", callbackHint: "До 64 байт. Нажатие появится в диалоге.",
    callbackLong: (n) => `Лишних: ${pluralRu(n, "байт", "байта", "байт")}.`, copy: "Текст для копирования", style: "Цвет", styles: { default: "Обычная", primary: "Синяя", success: "Зелёная", danger: "Красная" },
    left: "Переместить влево", right: "Переместить вправо", up: "Переместить выше", down: "Переместить ниже", remove: "Убрать кнопку", removed: "Кнопка убрана", unfinished: "Незаконченные кнопки убраны", needLabel: "Напишите надпись.", needValue: "Заполните это поле.", save: "Готово", clear: "Убрать все",
    edit: (label) => `Изменить кнопку «${label}»`, unnamed: "Новая кнопка", full: "В ряду не больше 8 кнопок.",
  },
  videoNote: {
    title: "Видеосообщение", body: "До минуты, в круглом кадре.", preview: "Изображение с камеры", starting: "Включается камера…", record: "Записать", stop: "Остановить", again: "Записать заново", send: "Отправить", recorded: "Записано. Посмотрите и отправьте.", name: "Видеосообщение",
    refused: "Браузер не разрешает доступ к камере или микрофону. Разрешите его в адресной строке или в настройках браузера и попробуйте снова.", noMicrophone: "Камера с микрофоном не найдена.", failed: "Записать сейчас не получается. Возможно, камера занята другой программой.",
  },
  voice: {
    recording: "Идёт запись", paused: "Запись на паузе", pause: "Пауза", resume: "Продолжить запись", play: "Прослушать", stop: "Остановить", cancel: "Удалить запись", send: "Отправить голосовое сообщение",
    deleted: "Запись удалена", keep: "Оставить в черновике", starting: "Включается микрофон…", finishing: "Готовится…",
    refused: "Браузер не разрешает доступ к микрофону. Разрешите его в адресной строке или в настройках браузера и попробуйте снова.", noMicrophone: "Микрофон не найден.", failed: "Записать сейчас не получается. Возможно, микрофон занят другой программой.",
    tooShort: "Слишком коротко. Говорите чуть дольше.", name: "Голосовое сообщение", full: "Достигнута наибольшая длина записи.",
  },
}

export const useWords = () => (useLocale() === "ru" ? ru : en)
