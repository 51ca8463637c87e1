// One example of each content that has no verb of its own, as a customer's message carries it.
import type { Dict } from './errors.ts';
import type { FileKind } from './files.ts';

/** `media(kind)` stores a drawn file and gives the object that a message carries. */
export type MakeMedia = (kind: FileKind) => any;

const now = (): number => Math.floor(Date.now() / 1000);
const shop: Dict = { id: -1001700000003, type: 'channel', title: 'Lamps of Vienna' };

const examples: Record<string, (media: MakeMedia) => Dict> = {
  live_location: () => ({ location: { latitude: 48.2082, longitude: 16.3738, horizontal_accuracy: 30, heading: 90, live_period: 3600 } }),
  spoiler: (media) => ({ photo: media('photo'), has_media_spoiler: true, caption: 'Only for you' }),
  caption_above: (media) => ({ photo: media('photo'), show_caption_above_media: true, caption: 'Words above the picture' }),
  live_photo: (media) => ({ live_photo: { ...media('video'), photo: media('photo') } }),
  contact_of_another: () => ({ contact: { phone_number: '+436601234567', first_name: 'Jonas', last_name: 'Berger', user_id: 5_900_000_002 } }),
  checklist: () => ({ checklist: { title: 'Before I call', tasks: [{ id: 1, text: 'Change the bulb', completion_date: now() }, { id: 2, text: 'Try another socket' }, { id: 3, text: 'Look at the fuse' }] } }),
  story: () => ({ story: { id: 3, chat: shop } }),
  game: (media) => ({ game: { title: 'Lamp Tycoon', description: 'Light a whole city.', photo: media('photo') } }),
  invoice: () => ({ invoice: { title: 'Desk lamp, green', description: 'With a bulb and a year of warranty', start_parameter: '', currency: 'EUR', total_amount: 14_950 } }),
  payment: () => ({ successful_payment: { currency: 'EUR', total_amount: 14_950, invoice_payload: 'order-4711', telegram_payment_charge_id: 'x', provider_payment_charge_id: 'y' } }),
  paid_media: (media) => ({ paid_media: { star_count: 25, paid_media: [{ type: 'photo', photo: media('photo') }, { type: 'preview', width: 100, height: 100 }] }, caption: 'The rest is behind the curtain' }),
  gift: (media) => ({ gift: { gift: { id: '1', sticker: media('sticker'), star_count: 50 }, text: 'For your patience' } }),
  web_app_data: () => ({ web_app_data: { button_text: 'Order', data: '{"order":4711,"items":["LAMP-GREEN","BULB-E27"]}' } }),
  rich_message: () => ({ rich_message: { blocks: [{ type: 'section_heading', text: 'What I tried' }, { type: 'list', items: [{ label: '1.', blocks: [{ type: 'paragraph', text: ['Turned it ', { type: 'bold', text: 'off and on' }] }] }] }] } }),
  timer: () => ({ message_auto_delete_timer_changed: { message_auto_delete_time: 604_800 } }),
  unknown: () => ({ hologram: { depth: 3 } }),
};

export const EXAMPLES: readonly string[] = Object.keys(examples);
/** The content of a message; undefined for a kind that has no example. */
export const example = (kind: string, media: MakeMedia): Dict | undefined => examples[kind]?.(media);
