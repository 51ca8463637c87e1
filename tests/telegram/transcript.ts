// What a customer's screen shows, as data.
import type { Bot } from './bots.ts';
import type { Dict } from './errors.ts';
import type { Room, Stored } from './rooms.ts';

const KINDS = [
  'text', 'live_photo', 'paid_media', 'checklist', 'rich_message', 'game', 'invoice', 'story', 'successful_payment', 'gift', 'web_app_data', 'photo', 'video', 'animation', 'audio', 'document', 'voice', 'video_note', 'sticker', 'venue', 'location', 'contact', 'poll', 'dice',
];

export function kindOf(message: Dict): string {
  // A message with an animation also has a document, one with a venue also a location, a live photo also a photo: the more specific one first.
  if ('animation' in message) return 'animation';
  return KINDS.find((kind) => kind in message) ?? 'service';
}

function side(stored: Stored, room: Room): string {
  if (stored.author) return 'bot';
  return room.isPrivate || stored.message['from'] ? 'customer' : 'service';
}

export function line(stored: Stored, room: Room): Dict {
  const { message } = stored;
  const out: Dict = {
    message_id: message['message_id'], side: side(stored, room), kind: kindOf(message), date: message['date'],
    text: message['text'] ?? message['caption'] ?? '', edited: message['edit_date'] !== undefined, message,
  };
  if (stored.deleted) out['deleted'] = true;
  if (stored.reactions.length) out['reactions'] = stored.reactions;
  if (message['reply_markup']) out['buttons'] = message['reply_markup'].inline_keyboard;
  return out;
}

export function transcript(room: Room, bot: Bot, withDeleted: boolean): Dict {
  const now = room.world.now();
  const messages = [...room.messages.values()].filter((stored) => withDeleted || !stored.deleted).map((stored) => line(stored, room));
  return {
    room: room.key, chat: room.chat, bot: bot.user, blocked: room.isBlocked(bot), started: messages.length > 0,
    action: room.action && room.action.until > now ? room.action.action : null,
    keyboard: room.keyboard ?? null, pinned: room.pinned, commands: Object.values(bot.profile['commands'])[0] ?? [], messages,
  };
}
