// The page: a list of groups and customers, and the phone of the selected one. All state is in the simulator; its events cause
// the page to request it. In a group the user of the page is one of the members.
import { bubble, summary } from './bubbles.js';
import { avatar, fullName, h, icon } from './dom.js';
import { day, language, setLanguage, t, time } from './words.js';

const state = { bots: [], bot: null, customers: [], chats: new Map(), selves: new Map(), picked: null, transcript: null, mode: null, presses: new Set(), answers: new Map(), seen: new Map() };
const peopleBox = document.getElementById('people');
const chatBox = document.getElementById('chat');
const overlay = document.getElementById('overlay');
const app = document.getElementById('app');

// --- the wire --------------------------------------------------------------------------------------------------------

async function api(method, path, body) {
  const init = { method };
  if (body instanceof FormData) init.body = body;
  else if (body) Object.assign(init, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  try {
    const answer = await (await fetch(`/sim/${path}`, init)).json();
    if (!answer.ok) toast(answer.error);
    return answer;
  } catch {
    toast(t('offline'));
    return { ok: false };
  }
}
const act = (verb, body = {}) => {
  const where = isGroup(state.picked) ? { bot: state.bot.id, chat: state.picked } : { bot: state.bot.id };
  if (body instanceof FormData) for (const [name, value] of Object.entries(where)) body.set(name, value);
  return api('POST', `customers/${self()}/${verb}`, body instanceof FormData ? body : { ...where, ...body });
};

// --- who -------------------------------------------------------------------------------------------------------------

/** As in Telegram, the id of a group is below 0. */
const isGroup = (id) => id < 0;
const keyOf = (id) => (isGroup(id) ? `g:${id}` : `${state.bot?.id}:${id}`);
const groups = () => [...state.chats.values()].filter((chat) => isGroup(chat.chat.id) && chat.bots.includes(state.bot?.id));
const members = (id) => (state.chats.get(keyOf(id))?.members ?? []).map((member) => state.customers.find((each) => each.id === member)).filter(Boolean);
/** The customer, or the member of the group, whose phone is shown. */
const self = () => (isGroup(state.picked) ? (state.selves.get(state.picked) ?? members(state.picked)[0]?.id) : state.picked);

function soon(run, ms) {
  let timer;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void run();
    }, ms);
  };
}
const refreshList = soon(loadList, 150);
const refreshChat = soon(loadChat, 40);

async function loadList() {
  const [bots, customers, chats] = await Promise.all([api('GET', 'bots'), api('GET', 'customers'), api('GET', 'chats')]);
  if (!bots.ok || !customers.ok || !chats.ok) return;
  state.bots = bots.bots;
  state.bot = state.bots.find((bot) => bot.id === state.bot?.id) ?? state.bots[0];
  state.customers = customers.customers;
  state.chats = new Map(chats.chats.map((chat) => [chat.room, chat]));
  renderPeople();
}

async function loadChat() {
  if (state.picked === null) return renderEmpty();
  const room = keyOf(state.picked);
  const known = state.chats.has(room) || (await api('GET', 'chats')).chats?.some((chat) => chat.room === room);
  state.transcript = known ? await api('GET', `transcript?bot=${state.bot.id}&chat=${state.picked}`) : null;
  renderChat();
}

function listen() {
  const source = new EventSource('/sim/events');
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === 'answer') showAnswer(event);
    if (event.type === 'reset') state.picked = null;
    if (event.type !== 'action') refreshList();
    if (event.type === 'reset' || event.chat === undefined || event.chat === state.picked) refreshChat();
  };
}

/** A fast bot answers before the request of the press has returned; the answer is kept until then. */
function showAnswer(event) {
  if (!state.presses.delete(event.callback_query_id)) state.answers.set(event.callback_query_id, event);
  else if (event.text) toast(event.text, event.show_alert);
}
function pressed(id) {
  state.presses.add(id);
  const early = state.answers.get(id);
  if (early) showAnswer(early);
  state.answers.clear();
}

// --- the list --------------------------------------------------------------------------------------------------------

/** A member of a group who has not written to the bot belongs to the staff and is not a customer. */
function ordered() {
  const last = (person) => state.chats.get(keyOf(person.id))?.last?.date ?? 0;
  const staff = new Set(groups().flatMap((group) => group.members));
  const customers = state.customers.filter((person) => !staff.has(person.id) || state.chats.has(keyOf(person.id)));
  return customers.sort((a, b) => last(b) - last(a)).slice(0, 200);
}

function groupRow({ chat, last }) {
  const unseen = last?.from?.is_bot && chat.id !== state.picked && state.seen.get(chat.id) !== last.message_id;
  return h('button', { class: `person${chat.id === state.picked ? ' picked' : ''}`, 'aria-current': chat.id === state.picked ? 'true' : undefined, onclick: () => pick(chat.id) },
    avatar(chat), h('span', { class: 'who' }, h('b', { dir: 'auto' }, icon('people', 15), chat.title), h('span', { class: 'last', dir: 'auto' }, last ? `${fullName(last.from ?? chat)}: ${summary(last)}` : '…')),
    h('span', { class: 'side' }, last ? h('time', {}, time(last.date)) : null, unseen ? h('span', { class: 'dot' }) : null));
}

function personRow(person) {
  const chat = state.chats.get(keyOf(person.id));
  const message = chat?.last;
  const unseen = chat && person.id !== state.picked && message?.from?.is_bot && state.seen.get(person.id) !== message.message_id;
  return h('button', { class: `person${person.id === state.picked ? ' picked' : ''}`, 'aria-current': person.id === state.picked ? 'true' : undefined, onclick: () => pick(person.id) },
    avatar(person), h('span', { class: 'who' }, h('b', { dir: 'auto' }, fullName(person)), h('span', { class: 'last', dir: 'auto' }, message ? `${message.from?.is_bot ? '' : `${t('you')}: `}${summary(message)}` : '…')),
    h('span', { class: 'side' }, message ? h('time', {}, time(message.date)) : null, h('span', { class: 'lang' }, person.language_code ?? ''), unseen ? h('span', { class: 'dot' }) : null));
}

function renderPeople() {
  const bots = state.bots.length > 1
    ? h('label', { class: 'bots' }, t('bots'), h('select', { onchange: (e) => switchBot(Number(e.target.value)) }, state.bots.map((bot) => h('option', { value: bot.id, selected: bot.id === state.bot.id }, `@${bot.username}`))))
    : null;
  const scroll = peopleBox.querySelector('.rows')?.scrollTop ?? 0;
  peopleBox.replaceChildren(
    h('header', {}, h('div', {}, h('h1', {}, t('title')), h('p', {}, t('note'))),
      h('button', { class: 'pill', onclick: () => (setLanguage(language === 'en' ? 'ru' : 'en'), renderPeople(), loadChat()) }, language === 'en' ? 'RU' : 'EN'),
      h('button', { class: 'iconbutton', 'aria-label': t('theme'), onclick: switchTheme }, icon('moon', 20))),
    bots ?? '',
    h('div', { class: 'rows' }, groups().map(groupRow), ordered().map(personRow), state.customers.length ? null : h('p', { class: 'none' }, t('nobody'))),
    h('button', { class: 'add', onclick: () => customerDialog() }, icon('plus', 20), t('add')));
  peopleBox.querySelector('.rows').scrollTop = scroll;
}

function pick(id) {
  state.picked = id;
  state.mode = null;
  const last = state.chats.get(keyOf(id))?.last;
  if (last) state.seen.set(id, last.message_id);
  app.classList.add('open');
  chatBox.replaceChildren();
  renderPeople();
  void loadChat();
}
function switchBot(id) {
  state.bot = state.bots.find((bot) => bot.id === id);
  chatBox.replaceChildren();
  renderPeople();
  void loadChat();
}
function switchTheme() {
  const dark = document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = dark === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', document.documentElement.dataset.theme);
}

// --- the chat --------------------------------------------------------------------------------------------------------

function renderEmpty() {
  chatBox.replaceChildren(h('div', { class: 'empty' }, h('span', {}, t('empty'))));
}

const ACTIONS = { typing: 'typing', upload_photo: 'actionPhoto', record_voice: 'actionVoice', upload_voice: 'actionVoice' };

function frame() {
  const input = h('textarea', { rows: 1, placeholder: t(isGroup(state.picked) ? 'groupMessage' : 'message'), 'aria-label': t('message'), dir: 'auto', oninput: grow, onkeydown: (e) => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) (e.preventDefault(), submit());
    if (e.key === 'Escape') setMode(null);
  } });
  chatBox.replaceChildren(
    h('header', { class: 'bar' }, h('button', { class: 'iconbutton backbutton', 'aria-label': t('back'), onclick: () => (app.classList.remove('open'), (state.picked = null), renderPeople(), renderEmpty()) }, icon('back')),
      avatar(isGroup(state.picked) ? state.chats.get(keyOf(state.picked)).chat : state.bot, 'small'),
      h('div', { class: 'title' }, h('b', {}, isGroup(state.picked) ? state.chats.get(keyOf(state.picked)).chat.title : state.bot.first_name), h('small', { class: 'status' })),
      h('button', { class: 'iconbutton', 'aria-label': t('more'), onclick: (e) => chatMenu(e.currentTarget) }, icon('more'))),
    h('div', { class: 'messages', role: 'log', tabIndex: 0 }),
    h('footer', { class: 'foot' },
      isGroup(state.picked) ? h('div', { class: 'self' }) : null,
      h('div', { class: 'mode', hidden: true }),
      h('button', { class: 'wide', hidden: true }),
      h('div', { class: 'composer' }, h('button', { class: 'iconbutton', 'aria-label': t('attach'), onclick: (e) => attachMenu(e.currentTarget) }, icon('attach')), input,
        h('button', { class: 'sendbutton', 'aria-label': t('send'), onclick: submit }, icon('send'))),
      h('div', { class: 'custom', hidden: true })));
}

const calm = (view) => (isGroup(state.picked) ? `${t('members')}: ${members(state.picked).length + (view?.room ? 1 : 0)}` : t('bot'));

/** In a group the user of the page selects one of its members. */
function renderSelf() {
  const box = chatBox.querySelector('.self');
  box?.replaceChildren(h('span', {}, t('writeAs')), ...members(state.picked).map((person) =>
    h('button', { class: `pill${person.id === self() ? ' on' : ''}`, 'aria-pressed': String(person.id === self()), onclick: () => (state.selves.set(state.picked, person.id), renderChat()) }, fullName(person))));
}

function renderChat() {
  if (!chatBox.querySelector('.messages') || chatBox.dataset.for !== `${keyOf(state.picked)}:${language}`) {
    frame();
    chatBox.dataset.for = `${keyOf(state.picked)}:${language}`;
    nodes.clear();
  }
  const view = state.transcript;
  const newest = view?.messages.at(-1);
  if (newest) state.seen.set(state.picked, newest.message_id);
  const status = chatBox.querySelector('.status');
  status.textContent = view?.action ? t(ACTIONS[view.action] ?? 'actionFile') : calm(view);
  status.classList.toggle('busy', Boolean(view?.action));
  // The action lasts five seconds, and no event reports its end.
  if (view?.action) setTimeout(refreshChat, 5100);
  renderSelf();
  renderMessages((view?.messages ?? []).map(asSeen));
  renderFoot(view);
}

/** In a group only the messages of the selected member are on the right side, and the others have names. */
function asSeen(line) {
  if (!isGroup(state.picked)) return line;
  const from = line.message.from;
  const side = line.kind === 'service' ? 'service' : from?.id === self() ? 'customer' : 'bot';
  return { ...line, side, sender: side === 'bot' ? from : undefined };
}

const nodes = new Map();
const SHOWN = 300;

/** Rebuilds only what changed, so that pictures do not flicker. */
function renderMessages(all) {
  const box = chatBox.querySelector('.messages');
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80 || !nodes.size;
  const groups = [];
  for (const line of all.slice(-SHOWN)) {
    const album = line.message.media_group_id;
    const before = groups.at(-1);
    if (album && before?.[0].message.media_group_id === album) before.push(line);
    else groups.push([line]);
  }
  const children = [];
  let today = '';
  groups.forEach((lines, i) => {
    const [line] = lines;
    if (day(line.date) !== today) children.push(h('div', { class: 'day' }, h('span', {}, (today = day(line.date)))));
    const same = (other) => other && other[0].side === line.side && other[0].message.from?.id === line.message.from?.id && other[0].kind !== 'service' && Math.abs(other[0].date - line.date) < 300;
    const flags = { first: !same(groups[i - 1]), last: !same(groups[i + 1]) };
    const key = JSON.stringify([lines, flags]);
    const kept = nodes.get(line.message_id);
    const node = kept?.key === key ? kept.node : bubble(lines, flags, actions);
    if (kept?.key !== key && !kept && nodes.size) node.classList.add('fresh');
    nodes.set(line.message_id, { key, node });
    children.push(node);
  });
  const [about, hello] = isGroup(state.picked) ? ['groupAbout', 'groupHello'] : ['about', 'hello'];
  if (!all.length) children.push(h('div', { class: 'hello' }, h('b', {}, t(about)), h('p', {}, t(hello))));
  box.replaceChildren(...children);
  if (atEnd) box.scrollTop = box.scrollHeight;
}

const actions = {
  find: (id) => {
    const target = document.getElementById(`m${id}`);
    target?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    target?.classList.add('flash');
    setTimeout(() => target?.classList.remove('flash'), 1200);
  },
  press: async (line, key) => {
    if (key.url) return void window.open(key.url, '_blank', 'noreferrer');
    if (key.callback_data === undefined) return;
    const answer = await act('press', { message_id: line.message_id, data: key.callback_data });
    if (answer.ok) pressed(answer.callback_query_id);
  },
  reply: (line) => setMode({ reply: line }),
  menu: (line, element) => {
    const items = [[t('reply'), () => setMode({ reply: line })]];
    const mine = line.reactions?.[0]?.emoji;
    items.push([`${t('react')}…`, () => popup(element, [...REACTIONS.map((emoji) => [emoji, () => act('react', { message_id: line.message_id, emoji })]), ...(mine ? [[t('unreact'), () => act('react', { message_id: line.message_id })]] : [])])]);
    const { poll } = line.message;
    const vote = (options) => () => act('vote', { message_id: line.message_id, options });
    if (poll && !poll.is_closed) items.push(...poll.options.map(({ text }, i) => [`${t('vote')}: ${text}`, vote([i])]), [t('takeVoteBack'), vote([])]);
    if (line.side === 'customer' && line.text) items.push([t('edit'), () => setMode({ edit: line })]);
    if (line.side === 'customer') items.push([t('remove'), () => act('delete', { message_id: line.message_id }), 'danger']);
    popup(element, items);
  },
};

function renderFoot(view) {
  const wide = chatBox.querySelector('.wide');
  const composer = chatBox.querySelector('.composer');
  const waiting = !isGroup(state.picked) && (!view?.started || view?.blocked);
  wide.hidden = !waiting;
  composer.hidden = waiting;
  wide.textContent = view?.blocked ? t('restart') : t('start');
  wide.onclick = () => act('start');
  const keys = chatBox.querySelector('.custom');
  const rows = view?.blocked ? [] : (view?.keyboard?.keyboard ?? []);
  keys.hidden = !rows.length;
  keys.replaceChildren(...rows.map((row) => h('div', { class: 'keys' }, row.map((key) => {
    const text = typeof key === 'string' ? key : key.text;
    return h('button', { onclick: () => act('press', { text }) }, text);
  }))));
}

function setMode(mode) {
  state.mode = mode;
  const box = chatBox.querySelector('.mode');
  const input = chatBox.querySelector('textarea');
  const line = mode?.reply ?? mode?.edit;
  box.hidden = !line;
  input.placeholder = t(isGroup(state.picked) && !line ? 'groupMessage' : 'message');
  if (line) box.replaceChildren(h('div', {}, h('b', {}, t(mode.edit ? 'edit' : 'reply')), h('span', { dir: 'auto' }, summary(line.message))), h('button', { class: 'iconbutton', 'aria-label': t('cancel'), onclick: () => setMode(null) }, icon('close', 18)));
  input.value = mode?.edit ? line.text : line ? input.value : '';
  input.focus();
  grow();
}

function grow() {
  const input = chatBox.querySelector('textarea');
  input.style.height = 'auto';
  input.style.height = `${Math.min(140, input.scrollHeight)}px`;
}

async function submit() {
  const input = chatBox.querySelector('textarea');
  const text = input.value.trim();
  if (!text) return;
  const { mode } = state;
  const field = mode?.edit?.kind === 'text' ? 'text' : 'caption';
  const answer = mode?.edit ? await act('edit', { message_id: mode.edit.message_id, [field]: text }) : await act('text', { text, ...(mode?.reply ? { reply_to: mode.reply.message_id } : {}) });
  if (answer.ok) setMode(null);
}

// --- menus and dialogs -----------------------------------------------------------------------------------------------

const REACTIONS = ['👍', '❤', '🔥', '🎉', '😢', '👎'];
const SCENES = ['parcel', 'lamp', 'screen', 'receipt'];
/** Those of `/sim/customers/:id/example`. */
const EXAMPLES = ['live_location', 'spoiler', 'caption_above', 'live_photo', 'contact_of_another', 'checklist', 'story', 'game', 'invoice', 'payment', 'paid_media', 'gift', 'web_app_data', 'rich_message', 'timer', 'unknown'];
let scene = 0;

/** A picture goes as a photo; anything else, and a picture if the person says so, as a file. */
function fromDevice(verb, accept) {
  const file = h('input', { type: 'file', accept, onchange: () => {
    const form = new FormData();
    form.set('file', file.files[0]);
    void act(verb, form);
  } });
  file.click();
}

function attachMenu(anchor) {
  popup(anchor, [
    [t('photo'), () => fromDevice('photo', 'image/png,image/jpeg')],
    [t('file'), () => fromDevice('document', '')],
    [t('scene'), () => act('photo', { scene: SCENES[scene++ % SCENES.length] })],
    [t('album'), () => act('album', { items: SCENES.slice(0, 3).map((name) => ({ type: 'photo', scene: name })) })],
    [t('mixedAlbum'), () => act('album', { items: [{ type: 'photo', scene: 'lamp' }, { type: 'video', seed: 3 }] })],
    [t('fileAlbum'), () => act('album', { items: [{ type: 'document', seed: 1 }, { type: 'document', seed: 2 }] })],
    [t('sticker'), () => act('sticker')],
    [t('voice'), () => act('voice', { seed: Math.floor(Math.random() * 9) })],
    [t('video_note'), () => act('video_note', { seed: Math.floor(Math.random() * 90) })],
    [t('document'), () => act('document', { seed: 42 })],
    [t('videoWord'), () => act('video', { seed: 3 })],
    [t('animationWord'), () => act('animation', { seed: 5 })],
    [t('audioWord'), () => act('audio', { seed: 7 })],
    [t('venueWord'), () => act('venue')],
    [t('pollWord'), () => act('poll')],
    [t('diceWord'), () => act('dice', { value: 1 + Math.floor(Math.random() * 6) })],
    [t('location'), () => act('location')],
    [t('contact'), () => act('contact')],
    [t('forwardOne'), () => act('forward', { origin: 'channel' })],
    [`${t('otherKinds')}…`, () => popup(anchor, EXAMPLES.map((kind) => [t(`example_${kind}`), () => act('example', { kind })]))],
  ]);
}

function chatMenu(anchor) {
  if (isGroup(state.picked)) return popup(anchor, members(state.picked).map((person) => [`${t('rename')}: ${fullName(person)}`, () => customerDialog(person)]));
  const person = state.customers.find((each) => each.id === state.picked);
  const blocked = state.transcript?.blocked;
  popup(anchor, [[t('rename'), () => customerDialog(person)], [t(person.is_premium ? 'noPremium' : 'premium'), () => api('PATCH', `customers/${person.id}`, { is_premium: !person.is_premium })],
    [t('byLink'), () => {
      const payload = prompt(t('payload'), 'ads_may');
      if (payload !== null) void act('start', { payload });
    }],
    [t(blocked ? 'unblock' : 'block'), () => act(blocked ? 'unblock' : 'block'), blocked ? '' : 'danger'], [t('deactivate'), () => act('deactivate'), 'danger']]);
}

function popup(anchor, items) {
  const close = () => overlay.replaceChildren();
  const menu = h('div', { class: 'menu', role: 'menu', onkeydown: (e) => {
    const all = [...menu.children];
    const at = all.indexOf(document.activeElement);
    if (e.key === 'Escape') (close(), anchor.focus?.());
    if (e.key === 'ArrowDown') all[(at + 1) % all.length].focus();
    if (e.key === 'ArrowUp') all[(at - 1 + all.length) % all.length].focus();
  } }, items.map(([label, run, kind = '']) => h('button', { role: 'menuitem', class: kind, onclick: () => (close(), run()) }, label)));
  overlay.replaceChildren(h('div', { class: 'veil', onclick: close }), menu);
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: w, offsetHeight: hgt } = menu;
  menu.style.left = `${Math.max(8, Math.min(innerWidth - w - 8, box.left + box.width / 2 > innerWidth / 2 && box.width < 60 ? box.right - w : box.left))}px`;
  menu.style.top = `${box.bottom + hgt + 8 > innerHeight ? Math.max(8, box.top - hgt - 6) : box.bottom + 4}px`;
  menu.firstChild.focus({ preventScroll: true });
}

function customerDialog(person) {
  const field = (name, label, value = '') => h('label', {}, t(label), h('input', { name, value: person?.[name] ?? value, autocomplete: 'off' }));
  const form = h('form', { method: 'dialog', onsubmit: async () => {
    const profile = Object.fromEntries(new FormData(form));
    if (person) return void api('PATCH', `customers/${person.id}`, profile);
    const answer = await api('POST', 'customers', { ...profile, photo: true });
    if (!answer.ok) return;
    await loadList();
    pick(answer.customer.id);
  } }, h('h2', {}, t(person ? 'rename' : 'add')), field('first_name', 'first', 'Alex'), field('last_name', 'last'), field('username', 'username'), field('language_code', 'language', language),
    h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => dialog.close() }, t('cancel')), h('button', { class: 'primary' }, t(person ? 'save' : 'create'))));
  const dialog = h('dialog', { onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
}

function toast(text, stays = false) {
  const note = h('div', { class: `toast${stays ? ' alert' : ''}`, role: stays ? 'alert' : 'status', onclick: () => note.remove() }, text);
  document.body.append(note);
  if (!stays) setTimeout(() => note.remove(), 3500);
}

const theme = localStorage.getItem('theme');
if (theme) document.documentElement.dataset.theme = theme;
renderEmpty();
await loadList();
listen();
if (matchMedia('(min-width: 900px)').matches && ordered().length) pick(ordered()[0].id);
