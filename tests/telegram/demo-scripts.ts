// The customers of the demo and their messages, and the staff's group. All persons and companies are invented.
import type { Dict } from './errors.ts';

export interface Step {
  /** Seconds after the previous step. */
  after: number;
  verb: string;
  body?: Dict;
}
export interface Story {
  /** Seconds after the demo starts. */
  at: number;
  customer: Dict;
  opening: Step[];
  /** One for each answer of an operator, in order; after the last one the customer does not write any more. */
  replies: Step[][];
}

/** `edit` works on the customer's last message. */
export const STORIES: Story[] = [
  {
    at: 0.3,
    customer: { first_name: 'Emma', last_name: 'Clarke', username: 'emma_clarke_demo', language_code: 'en', photo: true },
    opening: [
      { after: 0, verb: 'start', body: { payload: 'order-20418' } },
      { after: 0.6, verb: 'text', body: { text: 'Hi! My desk lamp from order <b>#20418</b> arrived today with a <i>cracked</i> shade 😞', parse_mode: 'HTML' } },
      { after: 7, verb: 'photo', body: { scene: 'lamp', caption: 'You can see it here, the crack goes all the way down' } },
      { after: 24, verb: 'text', body: { text: 'I would prefer a replacment, not a refund' } },
      { after: 6, verb: 'edit', body: { text: 'I would prefer a replacement, not a refund' } },
    ],
    replies: [
      [{ after: 7, verb: 'text', body: { text: 'Thank you for the quick answer! Do I have to send the broken one back?' } }],
      [{ after: 9, verb: 'text', body: { text: 'Perfect, that works for me. You are lovely 💛' } }, { after: 4, verb: 'sticker' }],
    ],
  },
  {
    at: 0.9,
    customer: { first_name: 'Дмитрий', last_name: 'Соколов', username: 'dsokolov_demo', language_code: 'ru', photo: true },
    opening: [
      { after: 0, verb: 'start' },
      { after: 0.5, verb: 'text', body: { text: 'Здравствуйте! Можно поменять адрес доставки по заказу №20433? Курьер обещал быть завтра утром, а я уезжаю.' } },
      { after: 16, verb: 'voice', body: { duration: 8, seed: 5 } },
      { after: 26, verb: 'text', body: { text: 'Новый адрес: ул. Садовая, д. 14, кв. 7. Домофон не работает, звоните +7 900 010-01-23' } },
    ],
    replies: [
      [{ after: 8, verb: 'text', body: { text: 'Да, после 18:00 меня устроит. А доплачивать нужно?' } }],
      [{ after: 8, verb: 'text', body: { text: 'Отлично, спасибо большое! 🙏' } }],
    ],
  },
  {
    at: 1.6,
    customer: { first_name: 'Lena', last_name: 'Hoffmann', username: 'lena_h_demo', language_code: 'de' },
    opening: [
      { after: 0, verb: 'text', body: { text: 'Guten Tag, auf meiner Rechnung fehlt die Umsatzsteuer-ID. Könnten Sie sie bitte neu ausstellen?' } },
      { after: 21, verb: 'document', body: { file_name: 'Rechnung-20377.pdf', seed: 377 } },
    ],
    replies: [
      [{ after: 9, verb: 'text', body: { text: 'Die Nummer ist DE000000000. Und bitte an buchhaltung@example.com schicken.' } }],
      [{ after: 7, verb: 'text', body: { text: 'Super, vielen Dank für die schnelle Hilfe!' } }],
    ],
  },
  {
    at: 22,
    customer: { first_name: 'Carlos', last_name: 'Medina', username: 'cmedina_demo', language_code: 'es', photo: true },
    opening: [
      { after: 0, verb: 'start', body: { payload: 'tracking' } },
      { after: 3, verb: 'text', body: { text: '¡Hola! El repartidor dice que no encuentra la entrada. ¿Le pueden mandar mi ubicación?' } },
      { after: 8, verb: 'location', body: { latitude: 40.4168, longitude: -3.7038 } },
    ],
    replies: [
      [{ after: 6, verb: 'text', body: { text: 'Es la puerta verde, al lado de la panadería 🥖' } }],
      [{ after: 14, verb: 'text', body: { text: '¡Ya llegó! Muchas gracias 🎉' } }],
    ],
  },
  {
    at: 47,
    customer: { first_name: 'ليلى', last_name: 'حسن', username: 'layla_demo', language_code: 'ar' },
    opening: [
      { after: 0, verb: 'text', body: { text: 'مرحبًا، هل يمكنني إيقاف الاشتراك مؤقتًا لمدة شهر دون إلغائه؟' } },
      { after: 25, verb: 'sticker' },
    ],
    replies: [
      [{ after: 8, verb: 'text', body: { text: 'ممتاز، من أول الشهر القادم من فضلك.' } }],
      [{ after: 7, verb: 'text', body: { text: 'شكرًا جزيلًا لكم 🌷' } }],
    ],
  },
  {
    at: 78,
    customer: { first_name: 'Priya', last_name: 'Nair', username: 'priya_n_demo', language_code: 'en', photo: true },
    opening: [
      { after: 0, verb: 'start' },
      { after: 4, verb: 'text', body: { text: "I can't sign in since the update. It says:\n<pre>error 403: session expired</pre>\nAlready tried reinstalling.", parse_mode: 'HTML' } },
      { after: 12, verb: 'album', body: { items: [{ type: 'photo', scene: 'screen', caption: 'before and after tapping Sign in' }, { type: 'photo', seed: 9 }], spacing_ms: 120 } },
    ],
    replies: [
      [{ after: 12, verb: 'text', body: { text: 'Tried that, the code arrives but it says it is already used 🤔' } }],
      [{ after: 10, verb: 'text', body: { text: "It's working now! Thanks for staying with me." } }],
    ],
  },
  {
    at: 112,
    customer: { first_name: 'Marco', last_name: 'Bianchi', language_code: 'it' },
    opening: [
      { after: 0, verb: 'photo', body: { scene: 'parcel', caption: 'Il pacco è arrivato così… 😠' } },
      { after: 20, verb: 'text', body: { text: 'Dentro manca una delle due tazze. Aspetto una risposta.' } },
    ],
    replies: [
      [{ after: 8, verb: 'text', body: { text: 'Va bene il rimborso di una tazza.' } }, { after: 8, verb: 'photo', body: { scene: 'receipt', caption: 'Ecco lo scontrino' } }],
      [{ after: 8, verb: 'text', body: { text: 'Grazie, gentilissimi.' } }],
    ],
  },
  {
    at: 146,
    customer: { first_name: 'Ольга', last_name: 'Литвин', username: 'olga_l_demo', language_code: 'ru', photo: true },
    opening: [
      { after: 0, verb: 'start', body: { payload: 'spring-sale' } },
      { after: 4, verb: 'text', body: { text: 'Добрый день! Промокод ВЕСНА не применяется, пишет «срок истёк», хотя акция до конца месяца. Подскажете?' } },
      { after: 30, verb: 'video_note', body: { seed: 8 } },
    ],
    replies: [
      [{ after: 8, verb: 'text', body: { text: 'Теперь сработало, скидка появилась 👍' } }],
    ],
  },
];

export interface Answer {
  /** The staff answers the first message of this customer. */
  to: string;
  /** The member of the staff who answers. */
  by: string;
  /** Seconds after the message arrived in the group. */
  after: number;
  text: string;
}
/** The group in which the staff reads the messages of customers. The script that starts the demo knows its id. */
export const STAFF = {
  group: { id: -1001000000001, title: 'Support team' },
  people: [
    { first_name: 'Maria', last_name: 'Keller', username: 'maria_staff_demo', language_code: 'en' },
    { first_name: 'Антон', last_name: 'Ершов', username: 'anton_staff_demo', language_code: 'ru' },
  ],
  answers: [
    { to: 'Carlos', by: 'Maria', after: 9, text: '¡Hola, Carlos! Ya le paso la ubicación al repartidor. ¿Qué puerta es?' },
    { to: 'Ольга', by: 'Антон', after: 12, text: 'Ольга, добрый день! Нашли ошибку в настройках акции. Попробуйте ещё раз, пожалуйста.' },
  ] as Answer[],
};
