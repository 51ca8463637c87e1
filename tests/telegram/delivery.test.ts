// The delivery of updates to a bot and lost responses: polling, webhook, rate limits, faults, bursts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { readFileSync } from 'node:fs';
import type { Customer } from './client.ts';
import { Simulator } from './client.ts';
import type { Dict } from './errors.ts';

const TOKEN = '123456:TEST';
let sim: Simulator;
let ann: Customer;

before(async () => {
  sim = await Simulator.start({ tokens: [TOKEN] });
});
after(() => sim.stop());
beforeEach(async () => {
  await sim.reset();
  await sim.settings({ poll_throttle_ms: 0, webhook_retry_ms: 40, webhook_retry_max_ms: 160 });
  ann = await sim.customer({ first_name: 'Ann' });
});

const call = (method: string, params: Dict = {}): Promise<Dict> => sim.call(TOKEN, method, params);
const poll = async (params: Dict = {}): Promise<any[]> => {
  const answer = await call('getUpdates', params);
  assert.ok(answer['ok'], JSON.stringify(answer));
  return answer['result'];
};
const texts = (updates: any[]): string[] => updates.map((u) => u.message.text);
const say = async (...all: string[]): Promise<void> => {
  for (const text of all) await sim.text(ann, text);
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (done: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (let i = 0; i < 500; i++) {
    if (await done()) return;
    await sleep(10);
  }
  assert.fail(`never: ${what}`);
};
const aPollWaits = (): Promise<void> => until(async () => (await sim.bot(TOKEN))['polling'], 'a poll waits');

// --- polling ---------------------------------------------------------------------------------------------------------

test('an update stays until an offset above it confirms it', async () => {
  await say('a', 'b', 'c');
  const all = await poll();
  assert.deepEqual(texts(all), ['a', 'b', 'c']);
  assert.deepEqual(texts(await poll({ offset: all[0].update_id })), ['a', 'b', 'c']);
  assert.deepEqual(texts(await poll({ offset: all[1].update_id })), ['b', 'c']);
  assert.deepEqual(texts(await poll()), ['b', 'c']);
  assert.deepEqual(await poll({ offset: all[2].update_id + 1 }), []);
});

test('a negative offset keeps only the last ones', async () => {
  await say('a', 'b', 'c', 'd');
  assert.deepEqual(texts(await poll({ offset: -2 })), ['c', 'd']);
  assert.deepEqual(texts(await poll()), ['c', 'd']);
});

test('the limit is clamped to 1 to 100', async () => {
  await sim.burst({ count: 120, customers: 3 });
  assert.equal((await poll()).length, 100);
  assert.equal((await poll({ limit: 1000 })).length, 100);
  assert.equal((await poll({ limit: 0 })).length, 1);
  assert.equal((await poll({ limit: 7 })).length, 7);
});

test('a waiting poll wakes as soon as something comes', async () => {
  const waiting = poll({ timeout: 20 });
  await aPollWaits();
  const started = Date.now();
  await say('now');
  assert.deepEqual(texts(await waiting), ['now']);
  assert.ok(Date.now() - started < 2000);
});

test('a poll with nothing to give ends empty at its timeout', async () => {
  const started = Date.now();
  assert.deepEqual(await poll({ timeout: 1 }), []);
  assert.ok(Date.now() - started >= 950);
});

test('repeating the same offset within the throttle makes a short poll wait', async () => {
  await sim.settings({ poll_throttle_ms: 400 });
  await poll({ offset: 5 });
  const started = Date.now();
  await poll({ offset: 5 });
  assert.ok(Date.now() - started >= 350);
});

test('a second poll ends the older one with 409', async () => {
  const older = call('getUpdates', { timeout: 20 });
  await aPollWaits();
  const newer = call('getUpdates', { timeout: 20, offset: 1 });
  assert.deepEqual(await older, {
    ok: false, error_code: 409, description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  });
  await say('x');
  assert.equal((await newer)['result'].length, 1);
});

test('a client that hangs up loses nothing, and its going does not end the next poll', async () => {
  const leaving = new AbortController();
  const older = fetch(`${sim.url}/bot${TOKEN}/getUpdates?timeout=20`, { signal: leaving.signal }).catch(() => undefined);
  await aPollWaits();
  const newer = call('getUpdates', { timeout: 20, offset: 1 });
  await older; // the newer poll has ended this one, so its client may be closed
  leaving.abort();
  await sleep(50); // nothing must follow, so there is nothing to wait for
  await say('x');
  assert.equal((await newer)['result'].length, 1);
  assert.equal((await poll()).length, 1);
});

test('a webhook ends a waiting poll, and refuses every later one', async () => {
  const waiting = call('getUpdates', { timeout: 20 });
  await aPollWaits();
  await call('setWebhook', { url: 'http://127.0.0.1:9/hook' });
  assert.equal((await waiting)['description'], 'Conflict: terminated by setWebhook request');
  assert.equal((await call('getUpdates'))['description'], "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
  await call('deleteWebhook');
  assert.deepEqual(await poll(), []);
});

test('allowed_updates filters as updates are made and is remembered; an empty list restores the default', async () => {
  await poll({ allowed_updates: ['callback_query'] });
  await say('dropped');
  await poll({ allowed_updates: [] });
  await say('kept');
  assert.deepEqual(texts(await poll()), ['kept']);
});

test('reactions come only to a bot that asked', async () => {
  await sim.start(ann);
  const { message_id: own } = await sim.text(ann, 'private');
  await sim.react(ann, own, { emoji: '👍' });
  assert.ok(!(await poll()).some((u) => u.message_reaction));
  const group = await sim.group({ members: [ann.id] });
  const { message_id } = await sim.text(ann, 'x', { chat: group['id'] });
  await sim.act(ann, 'react', { chat: group['id'], message_id, emoji: '👍' });
  assert.ok(!(await poll()).some((u) => u.message_reaction));
  await poll({ allowed_updates: ['message_reaction'] });
  await sim.act(ann, 'react', { chat: group['id'], message_id, emoji: '🔥' });
  assert.equal((await poll()).at(-1).message_reaction.new_reaction[0].emoji, '🔥');
  await sim.react(ann, own, { emojis: ['🔥', '👌'] });
  const { old_reaction, new_reaction } = (await poll()).at(-1).message_reaction;
  assert.deepEqual([old_reaction, new_reaction].map((list: any[]) => list.map(({ emoji }) => emoji)), [['👍'], ['🔥', '👌']]);
});

test('an update lives 24 hours', async () => {
  await say('old');
  await sim.advanceClock(24 * 3600 + 1);
  assert.deepEqual(await poll(), []);
});

test('raw, recorded and unknown updates are delivered as they are', async () => {
  const recorded = readFileSync(new URL('recorded-updates.jsonl', import.meta.url), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  await sim.inject(recorded, { renumber: true });
  await sim.unknownUpdate({ kind: 'telepathy', content: { thought: 'hm' } });
  const got = await poll();
  assert.equal(got.length, 94);
  got.slice(0, 93).forEach((update, i) => {
    const { update_id: _a, ...left } = update;
    const { update_id: _b, ...right } = recorded[i];
    assert.deepEqual(left, right);
  });
  assert.deepEqual(got[93].telepathy, { thought: 'hm' });
});

test('a burst of 10,000 is made and fetched in order', async () => {
  await sim.burst({ count: 10_000, customers: 100 });
  assert.equal((await sim.bot(TOKEN))['pending_updates'], 10_000);
  let offset = 0;
  let n = 0;
  for (let batch = await poll(); batch.length; batch = await poll({ offset })) {
    for (const update of batch) assert.equal(update.message.text, `burst message ${++n}`);
    offset = batch.at(-1).update_id + 1;
  }
  assert.equal(n, 10_000);
});

// --- webhook ---------------------------------------------------------------------------------------------------------

interface Hit {
  update: any;
  secret: string | undefined;
  at: number;
}

async function hook(answer: (hit: Hit, n: number, response: ServerResponse) => void, options: Dict = {}): Promise<{ hits: Hit[]; close: () => Promise<void> }> {
  const hits: Hit[] = [];
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const hit = { update: JSON.parse(body), secret: request.headers['x-telegram-bot-api-secret-token'] as string | undefined, at: Date.now() };
    hits.push(hit);
    answer(hit, hits.length, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  assert.ok((await call('setWebhook', { url, ...options }))['ok']);
  return {
    hits,
    close: async () => {
      await call('deleteWebhook');
      server.closeAllConnections();
      server.close();
    },
  };
}
const fine = (_hit: Hit, _n: number, response: ServerResponse): void => void response.end();

test('a webhook gets what was pending, with the secret', async () => {
  await say('before');
  const { hits, close } = await hook(fine, { secret_token: 'S-3cret_' });
  await say('after');
  await until(() => hits.length === 2, 'two deliveries');
  assert.deepEqual(hits.map((hit) => [hit.update.message.text, hit.secret]), [['before', 'S-3cret_'], ['after', 'S-3cret_']]);
  await close();
});

test('any answer but 2xx is tried again with growing delay, and the error is shown', async () => {
  const { hits, close } = await hook((_hit, n, response) => void response.writeHead(n < 4 ? 404 : 200).end());
  await say('x');
  await until(() => hits.length === 4, 'four tries');
  const gaps = hits.slice(1).map((hit, i) => hit.at - hits[i]!.at);
  assert.ok(gaps[0]! >= 35 && gaps[1]! >= 75 && gaps[2]! >= 150, gaps.join());
  await until(async () => (await call('getWebhookInfo'))['result'].pending_update_count === 0, 'nothing pending');
  assert.equal((await call('getWebhookInfo'))['result'].last_error_message, 'Wrong response from the webhook: 404 Not Found');
  await close();
});

test('a Retry-After is honoured instead of the schedule', async () => {
  const { hits, close } = await hook((_hit, n, response) => void response.writeHead(n === 1 ? 503 : 200, n === 1 ? { 'Retry-After': '1' } : {}).end());
  await say('x');
  await until(() => hits.length === 2, 'two tries');
  assert.ok(hits[1]!.at - hits[0]!.at >= 950);
  await close();
});

test('one chat comes in order, and its failure does not hold another', async () => {
  const bob = await sim.customer({ first_name: 'Bob' });
  let broken = true;
  const { hits, close } = await hook((hit, _n, response) => void response.writeHead(broken && hit.update.message.text === 'a1' ? 500 : 200).end());
  await say('a1', 'a2');
  await sim.text(bob, 'b1');
  await until(() => hits.some((hit) => hit.update.message.text === 'b1'), "the other's message");
  assert.ok(!hits.some((hit) => hit.update.message.text === 'a2'));
  broken = false;
  await until(() => hits.some((hit) => hit.update.message.text === 'a2'), 'the next of the first');
  await close();
});

test('deliveries run in parallel up to max_connections', async () => {
  let open = 0;
  let most = 0;
  const { hits, close } = await hook((_hit, _n, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => (open--, response.end()), 30);
  }, { max_connections: 3 });
  await sim.burst({ count: 30, customers: 10 });
  await until(() => hits.length === 30, 'all');
  assert.equal(most, 3);
  await close();
});

test('a method in the body of a 2xx is executed', async () => {
  const { close } = await hook((_hit, _n, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ method: 'sendMessage', chat_id: ann.id, text: 'from the hook' }));
  });
  await say('x');
  await sim.wait({ method: 'sendMessage', contains: 'from the hook' });
  assert.equal((await sim.transcript(ann.id)).messages.at(-1)!.text, 'from the hook');
  await close();
});

test('what a webhook did not take is there for polling afterwards', async () => {
  const { hits, close } = await hook((_hit, _n, response) => void response.writeHead(500).end());
  await say('x');
  await until(() => hits.length > 0, 'a try');
  await close();
  assert.deepEqual(texts(await poll()), ['x']);
});

// --- rate limits -----------------------------------------------------------------------------------------------------

test('too many messages to a chat get a 429 in body and header, and the clock refills', async () => {
  await sim.text(ann, 'hi');
  await sim.limits({ enabled: true, chat: { per_second: 1, burst: 3 } });
  const send = (): Promise<Response> => fetch(`${sim.url}/bot${TOKEN}/sendMessage?chat_id=${ann.id}&text=x`);
  for (let i = 0; i < 3; i++) assert.equal((await send()).status, 200);
  const refused = await send();
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.deepEqual(await refused.json(), { ok: false, error_code: 429, description: 'Too Many Requests: retry after 1', parameters: { retry_after: 1 } });
  await sim.advanceClock(1);
  assert.equal((await send()).status, 200);
});

test('a group has its own bucket, and an album costs as many as it has items', async () => {
  const group = await sim.group({ members: [ann.id] });
  await sim.photo(ann);
  const file = (await poll()).at(-1).message.photo.at(-1).file_id;
  await sim.limits({ enabled: true, group: { per_second: 20 / 60, burst: 4 } });
  const media = Array(3).fill({ type: 'photo', media: file });
  assert.ok((await call('sendMediaGroup', { chat_id: group['id'], media }))['ok']);
  const refused = await call('sendMediaGroup', { chat_id: group['id'], media });
  assert.equal(refused['parameters'].retry_after, 6);
});

// --- faults ----------------------------------------------------------------------------------------------------------

const send = (): Promise<Dict> => call('sendMessage', { chat_id: ann.id, text: 'x' });
const screen = async (): Promise<number> => (await sim.transcript(ann.id)).messages.filter((m) => m.side === 'bot').length;

const FAULTS: [sentence: string, rule: Dict, fails: boolean, shown: number][] = [
  ['a dropped request does nothing', { kind: 'drop_request' }, true, 0],
  ['a dropped response has done it all the same', { kind: 'drop_response' }, true, 1],
  ['a reset in the middle of the body', { kind: 'reset_mid_body' }, true, 1],
  ['half of the JSON', { kind: 'truncated_json' }, true, 1],
];
for (const [sentence, rule, fails, shown] of FAULTS) {
  test(`fault: ${sentence}, once`, async () => {
    await sim.text(ann, 'hi');
    await sim.fault({ ...rule, method: 'sendMessage', count: 1 } as never);
    if (fails) await assert.rejects(send());
    assert.equal(await screen(), shown);
    assert.equal((await sim.calls({ method: 'sendMessage' }))[0]!.fault, rule['kind']);
    assert.ok((await send())['ok']);
  });
}

test('fault: a late response has done it already, and comes when the rule is removed', async () => {
  await sim.text(ann, 'hi');
  const rule = await sim.fault({ kind: 'late_response', method: 'sendMessage', count: 1, ms: 60_000 } as never);
  const sent = send();
  while ((await screen()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await sim.removeFault(rule['id']);
  assert.ok((await sent)['ok']);
});

test('fault: a status with its text, an HTML body, and one after executing', async () => {
  await sim.text(ann, 'hi');
  await sim.fault({ kind: 'status', code: 429, retry_after: 7, count: 1, method: 'sendMessage' });
  assert.deepEqual((await send())['parameters'], { retry_after: 7 });
  await sim.fault({ kind: 'status', code: 502, body: '<html>Bad Gateway</html>', count: 1 });
  await assert.rejects(send());
  assert.equal(await screen(), 0);
  await sim.fault({ kind: 'status', code: 500, executed: true, count: 1 });
  assert.equal((await send())['error_code'], 500);
  assert.equal(await screen(), 1);
});

test('fault: a delay, and rules that pick by chat and skip', async () => {
  const bob = await sim.customer({ first_name: 'Bob' });
  await sim.text(ann, 'hi');
  await sim.text(bob, 'hi');
  await sim.fault({ kind: 'delay', ms: 150, chat: ann.id, skip: 1, count: 1 });
  const timed = async (chat: number): Promise<number> => {
    const started = Date.now();
    await call('sendMessage', { chat_id: chat, text: 'x' });
    return Date.now() - started;
  };
  assert.ok((await timed(bob.id)) < 120);
  assert.ok((await timed(ann.id)) < 120);
  assert.ok((await timed(ann.id)) >= 145);
});

test('fault: updates come twice, and out of order', async () => {
  await sim.fault({ kind: 'duplicate_updates' });
  await say('a', 'b');
  assert.deepEqual(texts(await poll()), ['a', 'b', 'a', 'b']);
  await sim.clearFaults();
  await sim.fault({ kind: 'reorder_updates' });
  await sim.burst({ count: 60, customers: 1 });
  const ids = (await poll()).map((u) => u.update_id);
  assert.notDeepEqual(ids, [...ids].sort((a, b) => a - b));
});

test('fault: a download cut short', async () => {
  await sim.photo(ann);
  const { file_path } = (await call('getFile', { file_id: (await poll()).at(-1).message.photo[0].file_id }))['result'];
  await sim.fault({ kind: 'reset_mid_body', method: 'file', count: 1 });
  await assert.rejects(fetch(`${sim.url}/file/bot${TOKEN}/${file_path}`).then((response) => response.arrayBuffer()));
  assert.equal((await fetch(`${sim.url}/file/bot${TOKEN}/${file_path}`)).status, 200);
});
