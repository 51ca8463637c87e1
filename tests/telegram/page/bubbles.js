// One message as a bubble: text, media, the quoted reply, buttons, time and ticks.
import { colour, formatted, fullName, h, icon } from './dom.js';
import { t, time } from './words.js';

const media = (object) => `/media/${encodeURIComponent(object.file_unique_id)}`;
const clock = (seconds = 0) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

export function summary(message) {
  if (!message) return '';
  if (message.text) return message.text;
  const kind = kindOf(message);
  return message.caption ? `${t(`${kind}Word`)}, ${message.caption}` : kind === 'sticker' ? `${message.sticker.emoji ?? ''} ${t('stickerWord')}` : t(`${kind}Word`);
}
const KINDS = ['paid_media', 'live_photo', 'checklist', 'rich_message', 'game', 'invoice', 'story', 'successful_payment', 'gift', 'web_app_data', 'animation', 'photo', 'video', 'audio', 'document', 'voice', 'video_note', 'sticker', 'venue', 'location', 'contact', 'poll', 'dice'];
export const kindOf = (message) => ('text' in message ? 'text' : (KINDS.find((kind) => kind in message) ?? 'service'));

function picture(sizes, alt) {
  const big = sizes.at(-1);
  const shown = sizes.find((size) => size.width >= 640) ?? big;
  const ratio = Math.min(2.2, Math.max(0.62, big.width / big.height));
  return h('a', { class: 'picture', href: media(big), target: '_blank', style: `aspect-ratio:${ratio}` }, h('img', { src: media(shown), alt, loading: 'lazy' }));
}

function waveform(seed) {
  const bars = Array.from({ length: 34 }, (_v, i) => 4 + Math.round(Math.abs(Math.sin(seed + i * 0.9) + Math.sin(seed * 1.7 + i * 0.37)) * 9));
  return h('span', { class: 'wave', 'aria-hidden': 'true' }, bars.map((bar) => h('i', { style: `height:${bar}px` })));
}

const row = (sign, title, detail) => h('div', { class: 'filerow' }, h('span', { class: 'round' }, sign), h('span', {}, h('b', {}, title), h('small', {}, detail)));
const kilobytes = (bytes = 0) => (bytes > 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`);

function still(object, extra) {
  const thumb = object.thumbnail;
  const ratio = thumb ? thumb.width / thumb.height : 16 / 9;
  return h('div', { class: `picture video ${extra}`, style: `aspect-ratio:${ratio}` }, thumb && h('img', { src: media(thumb), alt: '' }), h('span', { class: 'round big' }, icon('play')), h('small', { class: 'length' }, clock(object.duration ?? 0)));
}

const CONTENT = {
  photo: (m) => picture(m.photo, m.caption ?? t('photoWord')),
  video: (m) => still(m.video, ''),
  animation: (m) => still(m.animation, 'gif'),
  video_note: (m) => still(m.video_note, 'note'),
  audio: (m) => row(icon('play'), m.audio.title ?? t('audioWord'), `${clock(m.audio.duration)} · ${m.audio.performer ?? ''}`),
  voice: (m) => h('div', { class: 'filerow voice' }, h('span', { class: 'round' }, icon('play')), h('span', {}, waveform(m.message_id), h('small', {}, clock(m.voice.duration)))),
  document: (m) => h('a', { class: 'plain', href: media(m.document), download: m.document.file_name ?? '' }, row(icon('file'), m.document.file_name ?? t('documentWord'), kilobytes(m.document.file_size))),
  sticker: (m) => (m.sticker.is_animated || m.sticker.is_video ? h('div', { class: 'emoji' }, m.sticker.emoji ?? '🙂') : h('img', { class: 'sticker', src: media(m.sticker), alt: m.sticker.emoji ?? t('stickerWord') })),
  location: (m) => h('div', { class: 'map', role: 'img', 'aria-label': `${m.location.latitude}, ${m.location.longitude}` }, icon('pin', 40)),
  venue: (m) => [CONTENT.location(m.venue), row(icon('pin'), m.venue.title, m.venue.address)],
  contact: (m) => row(icon('user'), fullName(m.contact), m.contact.phone_number),
  dice: (m) => h('div', { class: 'emoji' }, m.dice.emoji, h('small', {}, String(m.dice.value))),
  poll: (m) => h('div', { class: 'poll' }, h('b', {}, m.poll.question), m.poll.options.map((option) => h('label', {}, h('i', {}), option.text, option.voter_count ? h('small', {}, String(option.voter_count)) : null))),
  checklist: (m) => h('div', { class: 'poll' }, h('b', {}, m.checklist.title), m.checklist.tasks.map((task) => h('label', {}, task.completion_date ? icon('check', 18) : h('i', {}), task.text))),
  live_photo: (m) => still(m.live_photo, ''),
  paid_media: (m) => row('⭐', t('paid_mediaWord'), String(m.paid_media.star_count)),
  story: (m) => row(icon('play'), t('storyWord'), m.story.chat.title ?? ''),
  game: (m) => row('🎮', m.game.title, m.game.description),
  invoice: (m) => row('🧾', m.invoice.title, `${(m.invoice.total_amount / 100).toFixed(2)} ${m.invoice.currency}`),
  successful_payment: (m) => row('💳', t('successful_paymentWord'), `${(m.successful_payment.total_amount / 100).toFixed(2)} ${m.successful_payment.currency}`),
  gift: (m) => row('🎁', t('giftWord'), m.gift.text ?? ''),
  web_app_data: (m) => row('↗', m.web_app_data.button_text, m.web_app_data.data),
  rich_message: (m) => h('p', { class: 'rich' }, plain(m.rich_message)),
};

/** The words of a rich message, one line a block. */
function plain(value) {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plain).join(value.every((each) => each.type && 'blocks' in each) ? '\n' : '');
  const inner = value.blocks ?? value.items ?? value.text ?? '';
  return Array.isArray(inner) && (value.blocks || value.items) ? inner.map((each) => `${each.label ? `${each.label} ` : ''}${plain(each)}`).join('\n') : plain(inner);
}

function quoted(message, find) {
  const reply = message.reply_to_message;
  if (!reply) return message.forward_origin ? h('div', { class: 'forwarded' }, `${t('forwarded')} `, h('b', {}, originName(message.forward_origin))) : null;
  const who = reply.from?.is_bot || message.chat.id < 0 ? fullName(reply.from ?? message.chat) : t('you');
  return h('button', { class: 'quote', onclick: () => find(reply.message_id) }, h('b', {}, who), h('span', { dir: 'auto' }, message.quote?.text ?? summary(reply)));
}
const originName = (origin) => fullName(origin.sender_user ?? origin.sender_chat ?? origin.chat ?? { first_name: origin.sender_user_name });

const meta = (line) =>
  h('span', { class: 'meta' }, line.edited ? `${t('edited')} ` : '', time(line.date), line.side === 'customer' ? h('span', { class: 'ticks', 'aria-hidden': 'true' }, icon('check', 14), icon('check', 14)) : null);

/** `actions`: find(id), press(line, button), menu(line, element). `lines` has several for an album. */
export function bubble(lines, flags, actions) {
  const line = lines[0];
  const { message } = line;
  if (line.kind === 'service') return h('div', { class: 'service' }, h('span', {}, serviceText(message)));
  const own = line.side === 'customer';
  const captioned = lines.find((each) => each.text && each.kind !== 'text') ?? line;
  const bare = ['sticker', 'dice', 'video_note'].includes(line.kind) && !line.text;
  const visual = ['photo', 'video', 'live_photo', 'animation', 'location'].includes(line.kind);
  const above = message.show_caption_above_media;
  const text = captioned.text && h('div', { class: 'text', dir: 'auto' }, formatted(captioned.text, captioned.message.entities ?? captioned.message.caption_entities), h('span', { class: 'room' }));
  const content = lines.length > 1 ? h('div', { class: `album n${Math.min(4, lines.length)}` }, lines.map((each) => CONTENT[each.kind]?.(each.message))) : CONTENT[line.kind]?.(message);
  const body = h('div', { class: `bubble${bare ? ' bare' : ''}${visual ? ' visual' : ''}${message.has_media_spoiler ? ' veiled' : ''}${captioned.text && !above ? '' : ' wordless'}${line.edited ? ' changed' : ''}`, oncontextmenu: (e) => (e.preventDefault(), actions.menu(line, e.currentTarget)), ondblclick: () => actions.reply(line) },
    line.sender && flags.first ? h('div', { class: 'sender', style: `color:${colour(line.sender)}` }, fullName(line.sender)) : null,
    quoted(message, actions.find), ...(above ? [text || null, content ?? null] : [content ?? null, text || null]), meta(lines.at(-1)),
    line.reactions ? h('div', { class: 'reactions' }, line.reactions.map((r) => h('span', {}, r.emoji ?? '⭐'))) : null,
    h('button', { class: 'dots', 'aria-label': t('actions'), onclick: (e) => actions.menu(line, e.currentTarget.parentElement) }, icon('more', 16)));
  const buttons = (line.buttons ?? []).map((keys) => h('div', { class: 'keys' }, keys.map((key) => h('button', { onclick: () => actions.press(line, key) }, key.text))));
  return h('article', { class: `line ${own ? 'own' : 'their'}${flags.last ? ' tail' : ''}${flags.first ? ' first' : ''}`, id: `m${message.message_id}` },
    h('div', { class: 'column' }, body, buttons.length ? h('div', { class: 'keyboard' }, buttons) : null));
}

function serviceText(message) {
  if (message.pinned_message) return `${t('pinned')}: ${summary(message.pinned_message).slice(0, 60)}`;
  if (message.forum_topic_created) return `# ${message.forum_topic_created.name}`;
  return Object.keys(message).filter((key) => !['message_id', 'from', 'date', 'chat'].includes(key)).join(', ') || t('serviceWord');
}
