// The control API under /sim/, also for the customers, which the tests, the demo and the page use.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { showCall } from './calls.ts';
import { Misuse, prepare, verbs } from './customers.ts';
import type { Dict } from './errors.ts';
import { ApiError } from './errors.ts';
import { connectBusiness, createGroup, enableTopics, groupOf, groupVerbs, personOf } from './groups.ts';
import { readParams, sendJson } from './http.ts';
import { methodList } from './methods/index.ts';
import { webhookInfo } from './methods/updates.ts';
import { samplePicture } from './samples.ts';
import { transcript } from './transcript.ts';
import type { World } from './world.ts';

interface Request {
  world: World;
  body: Dict;
  id: string;
  verb: string;
}
type Handler = (request: Request) => unknown;

const need = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Misuse(`no such ${what}`);
  return value;
};
const optionalNumber = (value: unknown): number | undefined => (value === undefined || value === '' ? undefined : Number(value));

// --- bots ------------------------------------------------------------------------------------------------------------

const botStatus = (world: World, key: unknown): Dict => {
  const bot = need(world.findBot(key), 'bot');
  return { ...bot.me(), token: bot.token, pending_updates: bot.queue.count(), polling: bot.isPolling, webhook: webhookInfo({ bot }) };
};

function addBot({ world, body }: Request): Dict {
  const token = String(body['token'] ?? '');
  if (!/^[1-9]\d*:[\w-]+$/.test(token)) throw new Misuse('token must be like 123456:TEST');
  if (!world.bots.has(token)) world.addBot(token, body);
  return { bot: botStatus(world, token) };
}

/** As in BotFather: the old token stops working. */
function removeBot({ world, id }: Request): Dict {
  const bot = need(world.findBot(id), 'bot');
  bot.reset();
  world.bots.delete(bot.token);
  return {};
}

// --- customers -------------------------------------------------------------------------------------------------------

function drawAvatar(world: World, id: number, seed: number): void {
  world.avatars.set(id, world.files.put('photo', samplePicture(seed, 320, 320)).media as Dict[]);
}

/** Another profile photo, by a number from which it is drawn; without one the photo is removed. */
function setAvatar({ world, body, id }: Request): Dict {
  const person = personOf(world, id);
  const seed = optionalNumber(body['seed']);
  if (seed === undefined) world.avatars.delete(person.id);
  else drawAvatar(world, person.id, seed);
  return {};
}

function addCustomer({ world, body }: Request): Dict {
  const customer = world.addPerson(body);
  if (body['photo']) drawAvatar(world, customer.id, customer.id % 360);
  world.tell({ type: 'customer', customer });
  return { customer };
}

async function act({ world, body, id, verb }: Request): Promise<unknown> {
  const run = verbs[verb];
  if (!run) throw new Misuse(`a customer cannot ${verb}; known: ${Object.keys(verbs).join(', ')}`);
  return run(prepare(world, personOf(world, id), body));
}

const customerList = ({ world }: Request): Dict => ({ customers: [...world.people.values()] });

// --- updates in bulk -------------------------------------------------------------------------------------------------

/** The most updates made in one turn of the loop; between turns, polls and webhooks receive theirs. */
const BURST_STEP = 500;
const MAX_BURST = 1_000_000;

async function burst({ world, body }: Request): Promise<Dict> {
  const count = Math.min(MAX_BURST, Number(body['count'] ?? 1000));
  const people = Array.isArray(body['customer_ids'])
    ? body['customer_ids'].map((id: unknown) => personOf(world, id))
    : Array.from({ length: Math.min(count, Number(body['customers'] ?? 10)) }, (_v, i) => world.addPerson({ first_name: `Burst ${i + 1}`, language_code: 'en' }));
  const text = String(body['text'] ?? 'burst message {n}');
  const started = performance.now();
  for (let n = 0; n < count; n++) {
    const person = people[n % people.length]!;
    await verbs['text']!(prepare(world, person, { bot: body['bot'], text: text.replace('{n}', String(n + 1)) }));
    if (n % BURST_STEP === BURST_STEP - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return { count, customer_ids: people.map((person) => person.id), took_ms: Math.round(performance.now() - started) };
}

/** Any JSON as an update. It keeps its update_id, if it has one, unless `renumber` is set. */
function inject({ world, body }: Request): Dict {
  const bot = need(world.findBot(body['bot']), 'bot');
  const list: Dict[] = Array.isArray(body['updates']) ? body['updates'] : [body['update']];
  const ids = list.map((update) => {
    if (typeof update !== 'object' || update === null) throw new Misuse('an update must be an object');
    const { update_id: own, ...rest } = update;
    const inner = Object.values(rest)[0] as Dict | undefined;
    const chat = inner?.['chat']?.id ?? inner?.['message']?.chat?.id ?? 0;
    const members = JSON.stringify(rest).slice(1, -1);
    return bot.pushRaw(members, `raw:${chat}`, own === undefined || body['renumber'] ? undefined : Number(own));
  });
  return { update_ids: ids };
}

/** An update of a kind that is not in the specification. */
function unknownUpdate(request: Request): Dict {
  const update = { [String(request.body['kind'] ?? 'future_thing')]: request.body['content'] ?? { id: '1', note: 'a kind of update that does not exist yet' } };
  return inject({ ...request, body: { ...request.body, update } });
}

// --- looking ---------------------------------------------------------------------------------------------------------

function showTranscript({ world, body }: Request): Dict {
  const bot = need(world.findBot(body['bot']), 'bot');
  const room = need(world.roomOf(bot, Number(body['chat'])), 'chat');
  return transcript(room, bot, body['deleted'] !== undefined && body['deleted'] !== '0');
}

const callQuery = ({ world, body }: Request): Dict => ({
  bot: body['bot'] ? need(world.findBot(body['bot']), 'bot').id : undefined,
  method: body['method'] || undefined,
  chat: optionalNumber(body['chat']),
  after: optionalNumber(body['after']),
  contains: body['contains'] || undefined,
  ok: body['ok'] === undefined || body['ok'] === '' ? undefined : body['ok'] === true || body['ok'] === 'true' || body['ok'] === '1',
});

const calls: Handler = (request) => ({
  last: request.world.calls.last,
  calls: request.world.calls.list(callQuery(request), Number(request.body['limit'] ?? 1000)).map(showCall),
});

const MAX_WAIT_MS = 120_000;
const waitForCall: Handler = async (request) => {
  const count = Number(request.body['count'] ?? 1);
  const timeout = Math.min(MAX_WAIT_MS, Number(request.body['timeout'] ?? 30) * 1000);
  const found = (await request.world.calls.wait(callQuery(request), count, timeout)).map(showCall);
  return { done: found.length >= count, call: found[0] ?? null, calls: found };
};

const chats: Handler = ({ world }) => ({
  chats: [...world.rooms.values()].map((room) => {
    const last = [...room.messages.values()].at(-1);
    const members = [...room.people].map((person) => person.id);
    return { room: room.key, chat: room.chat, bots: [...room.bots].map((bot) => bot.id), members, messages: room.messages.size, last: last?.message ?? null };
  }),
});

// --- settings --------------------------------------------------------------------------------------------------------

const setSettings: Handler = ({ world, body }) => {
  for (const [key, value] of Object.entries(body)) {
    if (!(key in world.settings)) throw new Misuse(`no such setting: ${key}`);
    (world.settings as unknown as Dict)[key] = value;
  }
  return { settings: world.settings };
};

const setLimits: Handler = ({ world, body }) => ({ limits: world.limits.configure(body) });

const addFault: Handler = ({ world, body }) => {
  try {
    const bot = body['bot'] === undefined ? {} : { bot: need(world.findBot(body['bot']), 'bot').id };
    return { fault: world.faults.add({ ...body, ...bot }) };
  } catch (error) {
    throw new Misuse((error as Error).message);
  }
};

const moveClock: Handler = ({ world, body }) => {
  world.clockOffsetMs += Number(body['advance_s'] ?? 0) * 1000;
  return { now: new Date(world.now()).toISOString() };
};

/** By method and path; `:id` and `:verb` match any segment. */
const ROUTES: [method: string, path: string, handler: Handler][] = [
  ['GET', 'bots', ({ world }) => ({ bots: [...world.bots.keys()].map((token) => botStatus(world, token)) })],
  ['POST', 'bots', addBot],
  ['GET', 'bots/:id', ({ world, id }) => ({ bot: botStatus(world, id) })],
  ['DELETE', 'bots/:id', removeBot],
  ['GET', 'customers', customerList],
  ['POST', 'customers', addCustomer],
  ['POST', 'customers/:id/avatar', setAvatar],
  ['GET', 'customers/:id', ({ world, id }) => ({ customer: personOf(world, id) })],
  ['PATCH', 'customers/:id', ({ world, id, body }) => (world.renamePerson(personOf(world, id), body), { customer: personOf(world, id) })],
  ['POST', 'customers/:id/topics', ({ world, id, body }) => groupVerbs['topic']!(world, enableTopics(world, body['bot'], personOf(world, id)), { ...body, customer: id })],
  ['POST', 'customers/:id/:verb', act],
  ['POST', 'groups', ({ world, body }) => ({ chat: createGroup(world, body).chat })],
  ['POST', 'groups/:id/:verb', ({ world, id, verb, body }) => need(groupVerbs[verb], 'group verb')(world, groupOf(world, id), body)],
  ['POST', 'business', ({ world, body }) => connectBusiness(world, body)],
  ['POST', 'burst', burst],
  ['POST', 'updates', inject],
  ['POST', 'unknown-update', unknownUpdate],
  ['GET', 'transcript', showTranscript],
  ['GET', 'chats', chats],
  ['GET', 'calls', calls],
  ['GET', 'wait', waitForCall],
  ['GET', 'faults', ({ world }) => ({ faults: world.faults.list() })],
  ['POST', 'faults', addFault],
  ['DELETE', 'faults', ({ world }) => (world.faults.clear(), {})],
  ['DELETE', 'faults/:id', ({ world, id }) => ({ removed: world.faults.remove(Number(id)) })],
  ['GET', 'limits', ({ world }) => ({ limits: world.limits.config })],
  ['POST', 'limits', setLimits],
  ['GET', 'settings', ({ world }) => ({ settings: world.settings, methods: methodList() })],
  ['POST', 'settings', setSettings],
  ['GET', 'violations', ({ world }) => ({ violations: world.violations })],
  ['POST', 'clock', moveClock],
  ['POST', 'reset', ({ world }) => (world.reset(), {})],
];

function match(pattern: string, path: string[]): { id: string; verb: string } | undefined {
  const parts = pattern.split('/');
  if (parts.length !== path.length) return undefined;
  const found = { id: '', verb: '' };
  for (const [i, part] of parts.entries()) {
    if (part === ':id') found.id = path[i]!;
    else if (part === ':verb') found.verb = path[i]!;
    else if (part !== path[i]) return undefined;
  }
  return found;
}

export async function handleControl(world: World, request: IncomingMessage, response: ServerResponse, path: string, query: string): Promise<void> {
  const segments = path.split('/').filter(Boolean).map(decodeURIComponent);
  for (const [method, pattern, handler] of ROUTES) {
    const found = method === request.method ? match(pattern, segments) : undefined;
    if (!found) continue;
    try {
      const body = await controlBody(request, query);
      sendJson(response, 200, JSON.stringify({ ok: true, ...((await handler({ world, body, ...found })) as Dict) }));
    } catch (error) {
      const expected = error instanceof Misuse || error instanceof ApiError;
      if (!expected) console.error(error);
      sendJson(response, expected ? 400 : 500, JSON.stringify({ ok: false, error: (error as Error).message }));
    }
    return;
  }
  sendJson(response, 404, JSON.stringify({ ok: false, error: `no such control call: ${request.method} /sim/${path}` }));
}

/** JSON unchanged; a multipart form with its files as parts and the other fields as text. The limits of the Bot API do not apply. */
async function controlBody(request: IncomingMessage, query: string): Promise<Dict> {
  const params = await readParams(request, query, true);
  const body: Dict = {};
  for (const [name, value] of params.values) {
    const isJsonText = typeof value === 'string' && /^multipart/i.test(request.headers['content-type'] ?? '') && /^[[{]/.test(value);
    body[name] = isJsonText ? JSON.parse(value) : value;
  }
  return body;
}
