// The texts of the page in both languages. A missing key is shown as the key.
const words = {
  en: {
    title: 'Telegram simulator', note: 'Not Telegram: a stand-in for trying the desk. You play its customers and staff.', customers: 'Customers',
    add: 'New customer', empty: 'Pick a customer, or create one, and write to the bot.', nobody: 'No customers yet', bot: 'bot', typing: 'typing…',
    start: 'Start', restart: 'Unblock and restart', block: 'Block bot', unblock: 'Unblock bot', premium: 'Get Telegram Premium', noPremium: 'End Telegram Premium', byLink: 'Start by a link…', payload: 'Payload of the link', deactivate: 'Delete the account', message: 'Message', send: 'Send', attach: 'Attach',
    photo: 'Photo from this device', scene: 'Sample photo', sticker: 'Sticker', voice: 'Voice message', video_note: 'Video message', location: 'Location',
    contact: 'My contact', document: 'Sample document', album: 'Sample album', reply: 'Reply', edit: 'Edit', remove: 'Delete', react: 'React', unreact: 'Remove the reaction', edited: 'edited',
    cancel: 'Cancel', create: 'Create', save: 'Save', first: 'First name', last: 'Last name', username: 'Username', language: 'Language code', rename: 'Rename',
    today: 'Today', yesterday: 'Yesterday', forwarded: 'Forwarded from', back: 'Back', more: 'More', theme: 'Light or dark', about: 'What can this bot do?',
    hello: 'This is where the customer writes. Press Start.', you: 'You', blockedNote: 'You have blocked this bot', pinned: 'Pinned message', actions: 'Message actions',
    photoWord: 'Photo', stickerWord: 'Sticker', voiceWord: 'Voice message', video_noteWord: 'Video message', videoWord: 'Video', animationWord: 'GIF', audioWord: 'Audio',
    documentWord: 'Document', locationWord: 'Location', venueWord: 'Place', contactWord: 'Contact', pollWord: 'Poll', diceWord: 'Dice', serviceWord: 'Event', bots: 'Bot', offline: 'The simulator does not answer', keyboard: 'Keyboard', members: 'Members', writeAs: 'You are', groupMessage: 'Reply to a message…', groupAbout: 'Staff group', groupHello: 'What customers write arrives here. A reply to it goes to the customer.', actionPhoto: 'sending a photo…', actionVoice: 'recording…', actionFile: 'sending a file…',
    file: 'File from this device', mixedAlbum: 'Sample album, photo and video', fileAlbum: 'Sample album of files', forwardOne: 'Forwarded message', otherKinds: 'Other kinds', vote: 'Vote', takeVoteBack: 'Retract the vote', paid_mediaWord: 'Paid media', live_photoWord: 'Live photo', checklistWord: 'Checklist', rich_messageWord: 'Rich message', gameWord: 'Game', invoiceWord: 'Invoice', storyWord: 'Story', successful_paymentWord: 'Payment', giftWord: 'Gift', web_app_dataWord: 'Data of a web app',
    example_live_location: 'Live location', example_spoiler: 'Hidden photo', example_caption_above: 'Photo below its caption', example_live_photo: 'Live photo', example_contact_of_another: 'Contact of somebody else', example_checklist: 'Checklist', example_story: 'Story', example_game: 'Game', example_invoice: 'Invoice', example_payment: 'Payment', example_paid_media: 'Paid media', example_gift: 'Gift', example_web_app_data: 'Data of a web app', example_rich_message: 'Rich message', example_timer: 'Auto-delete timer', example_unknown: 'Unknown content',
  },
  ru: {
    title: 'Симулятор Telegram', note: 'Это не Telegram, а замена для проб. Здесь вы и клиенты, и сотрудники.', customers: 'Клиенты',
    add: 'Новый клиент', empty: 'Выберите или создайте клиента и напишите боту.', nobody: 'Клиентов пока нет', bot: 'бот', typing: 'печатает…',
    start: 'Начать', restart: 'Разблокировать и начать', block: 'Заблокировать бота', unblock: 'Разблокировать бота', premium: 'Подключить Telegram Premium', noPremium: 'Отключить Telegram Premium', byLink: 'Начать по ссылке…', payload: 'Метка в ссылке', deactivate: 'Удалить аккаунт', message: 'Сообщение', send: 'Отправить', attach: 'Прикрепить',
    photo: 'Фото с устройства', scene: 'Пример фото', sticker: 'Стикер', voice: 'Голосовое', video_note: 'Видеосообщение', location: 'Геопозиция',
    contact: 'Мой контакт', document: 'Пример документа', album: 'Пример альбома', reply: 'Ответить', edit: 'Изменить', remove: 'Удалить', react: 'Реакция', unreact: 'Убрать реакцию', edited: 'изменено',
    cancel: 'Отмена', create: 'Создать', save: 'Сохранить', first: 'Имя', last: 'Фамилия', username: 'Имя пользователя', language: 'Код языка', rename: 'Переименовать',
    today: 'Сегодня', yesterday: 'Вчера', forwarded: 'Переслано от', back: 'Назад', more: 'Ещё', theme: 'Светлая или тёмная', about: 'Что умеет этот бот?',
    hello: 'Здесь пишет клиент. Нажмите «Начать».', you: 'Вы', blockedNote: 'Вы заблокировали бота', pinned: 'Закреплённое сообщение', actions: 'Действия с сообщением',
    photoWord: 'Фото', stickerWord: 'Стикер', voiceWord: 'Голосовое сообщение', video_noteWord: 'Видеосообщение', videoWord: 'Видео', animationWord: 'GIF', audioWord: 'Аудио',
    documentWord: 'Документ', locationWord: 'Геопозиция', venueWord: 'Место', contactWord: 'Контакт', pollWord: 'Опрос', diceWord: 'Кубик', serviceWord: 'Событие', bots: 'Бот', offline: 'Симулятор не отвечает', keyboard: 'Клавиатура', members: 'Участников', writeAs: 'Вы —', groupMessage: 'Ответьте на сообщение…', groupAbout: 'Группа сотрудников', groupHello: 'Сюда приходят сообщения клиентов. Ответ на сообщение получит клиент.', actionPhoto: 'отправляет фото…', actionVoice: 'записывает…', actionFile: 'отправляет файл…',
    file: 'Файл с устройства', mixedAlbum: 'Пример альбома: фото и видео', fileAlbum: 'Пример альбома файлов', forwardOne: 'Пересланное сообщение', otherKinds: 'Другие типы', vote: 'Голос', takeVoteBack: 'Отозвать голос', paid_mediaWord: 'Платные медиа', live_photoWord: 'Живое фото', checklistWord: 'Чек-лист', rich_messageWord: 'Форматированное сообщение', gameWord: 'Игра', invoiceWord: 'Счёт', storyWord: 'История', successful_paymentWord: 'Оплата', giftWord: 'Подарок', web_app_dataWord: 'Данные веб-приложения',
    example_live_location: 'Трансляция геопозиции', example_spoiler: 'Скрытое фото', example_caption_above: 'Фото под подписью', example_live_photo: 'Живое фото', example_contact_of_another: 'Чужой контакт', example_checklist: 'Чек-лист', example_story: 'История', example_game: 'Игра', example_invoice: 'Счёт', example_payment: 'Оплата', example_paid_media: 'Платные медиа', example_gift: 'Подарок', example_web_app_data: 'Данные веб-приложения', example_rich_message: 'Форматированное сообщение', example_timer: 'Таймер автоудаления', example_unknown: 'Неизвестное содержимое',
  },
};

const stored = localStorage.getItem('language');
export let language = stored ?? (navigator.language.startsWith('ru') ? 'ru' : 'en');
document.documentElement.lang = language;
export function setLanguage(next) {
  language = next;
  localStorage.setItem('language', next);
  document.documentElement.lang = next;
}
export const t = (key) => words[language][key] ?? key;
export const time = (seconds) => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(seconds * 1000);
export function day(seconds) {
  const start = (date) => new Date(date).setHours(0, 0, 0, 0);
  const days = Math.round((start(Date.now()) - start(seconds * 1000)) / 86_400_000);
  if (days === 0) return t('today');
  return days === 1 ? t('yesterday') : new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long' }).format(seconds * 1000);
}
