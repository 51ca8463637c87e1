// A helper that builds elements, the icons, and avatars.
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.className = value;
    else if (key in element && key !== 'list') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  back: 'M15 5l-7 7 7 7', more: 'M12 5.5v.01M12 12v.01M12 18.5v.01', send: 'M4 12l16-8-5 16-3.5-6.5z', plus: 'M12 5v14M5 12h14',
  attach: 'M20 11.5l-8.2 8.2a5 5 0 0 1-7-7l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6',
  close: 'M6 6l12 12M18 6L6 18', check: 'M4 13l5 5L20 7', moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  play: 'M8 5l11 7-11 7z', file: 'M7 3h7l5 5v13H7zM14 3v5h5', pin: 'M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5c.8-3.4 3.4-4.8 6.5-4.8s5.7 1.4 6.5 4.8M16 5.2a3.2 3.2 0 0 1 0 6M18.5 15.2c1.6.7 2.6 2.1 3 4.3',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5', reply: 'M10 6L4 12l6 6M4.5 12H14a6 6 0 0 1 6 6',
};
export function icon(name, size = 22) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': 'true', class: `icon icon-${name}` })) svg.setAttribute(key, value);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

const COLOURS = [['#e8795e', '#d1495b'], ['#f2a65a', '#d97c2b'], ['#8a7fe0', '#6454c4'], ['#6cbf6c', '#3f9a4d'], ['#5ec2cf', '#2f8fae'], ['#5aa2ea', '#3975c9'], ['#e287b0', '#bf5485']];
/** The colour of a name beside its messages: the darker end of the gradient, which is legible on white. */
export const colour = (person) => `var(--name-${Math.abs(person.id) % COLOURS.length})`;
export function avatar(person, size = '') {
  const name = [person.first_name ?? person.title ?? '?', person.last_name ?? ''];
  const [from, to] = COLOURS[Math.abs(person.id) % COLOURS.length];
  const letters = name.filter(Boolean).map((part) => [...part][0].toUpperCase()).join('');
  return h('span', { class: `avatar ${size}`, style: `background:linear-gradient(${from},${to})`, 'aria-hidden': 'true' }, letters);
}
export const fullName = (person) => [person.first_name ?? person.title, person.last_name].filter(Boolean).join(' ');

/** Text with Telegram's entities, which count UTF-16 units, as JavaScript does. Sorted outer first. */
export function formatted(text, entities = []) {
  const out = document.createDocumentFragment();
  fill(out, text, 0, text.length, [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length));
  return out;
}

const TAGS = { bold: 'b', italic: 'i', underline: 'u', strikethrough: 's', code: 'code', pre: 'pre', blockquote: 'blockquote', expandable_blockquote: 'blockquote' };
const LINKS = { url: (s) => (/^[a-z]+:\/\//i.test(s) ? s : `https://${s}`), email: (s) => `mailto:${s}`, phone_number: (s) => `tel:${s}` };

function fill(parent, text, from, to, entities) {
  let at = from;
  for (let i = 0; i < entities.length; ) {
    const entity = entities[i];
    const end = Math.min(to, entity.offset + entity.length);
    if (entity.offset < at || end <= entity.offset) {
      i++;
      continue;
    }
    parent.append(text.slice(at, entity.offset));
    const inner = [];
    while (++i < entities.length && entities[i].offset < end) inner.push(entities[i]);
    const element = wrap(entity, text.slice(entity.offset, end));
    fill(element, text, entity.offset, end, inner);
    parent.append(element);
    at = end;
  }
  parent.append(text.slice(at, to));
}

function wrap(entity, text) {
  if (TAGS[entity.type]) return h(TAGS[entity.type]);
  if (entity.type === 'spoiler') return h('span', { class: 'spoiler', tabIndex: 0, onclick: (e) => e.currentTarget.classList.add('shown') });
  const href = entity.url ?? LINKS[entity.type]?.(text);
  // Addresses come from messages, so only harmless schemes become links.
  if (href && /^(https?|mailto|tel):/i.test(href)) return h('a', { href, target: '_blank', rel: 'noreferrer noopener' });
  return h('span', { class: ['mention', 'hashtag', 'cashtag', 'bot_command', 'text_mention', 'text_link'].includes(entity.type) ? 'link' : '' });
}
