// What an operator does is shown to the customer as Telegram's chat action, past the outbox; see server/edge/telegram/out/tg_activity.h.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Activity, Conversation } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const activities: Activity[] = ['typing', 'record_voice', 'record_video_note', 'upload_photo', 'upload_video', 'upload_document', 'upload_voice', 'choose_sticker'];

for (const engine of engines)
  describe(`activities on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;
    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, env: { FAFF_RATE_LIMITS: 'off' } });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });
    const customer = async (name: string): Promise<{ who: Customer; id: number }> => {
      const who = await sim.customer({ first_name: name });
      await sim.text(who, `${name} is here`);
      return { who, id: (await until<Conversation>('the conversation', async () => (await api.everyConversation()).find((c) => c.customer.name === name))).id };
    };
    const tell = (id: number, body: unknown): Promise<unknown> => api.call('POST', `/api/conversations/${id}/typing`, body);
    const shown = async (who: Customer): Promise<string[]> =>
      (await sim.calls({ method: 'sendChatAction' })).filter((c) => String(c.params['chat_id']) === String(who.id)).map((c) => c.params['action'] as string);

    test('each activity is shown to its customer', async () => {
      for (const action of activities) {
        const { who, id } = await customer(`Shown ${action}`);
        await tell(id, { action });
        await until('Telegram shows it', async () => (await shown(who)).length > 0);
        assert.deepEqual(await shown(who), [action]);
      }
    });

    test('the same activity is shown once in its time, and not when typing ends or only colleagues are told', async () => {
      const { who, id } = await customer('Often');
      for (let i = 0; i < 10; i++) await tell(id, { action: 'typing' });
      const { id: other, who: quiet } = await customer('Quiet');
      await tell(other, {});
      await tell(other, { typing: false, action: 'typing' });
      await tell(other, { action: null });
      const { id: last, who: third } = await customer('Last');
      await tell(last, { action: 'typing' });
      await until('a later one has come', async () => (await shown(third)).length > 0);
      assert.deepEqual(await shown(who), ['typing']);
      assert.deepEqual(await shown(quiet), []);
    });

    test('an unknown activity is refused', async () => {
      const { who, id } = await customer('Dancer');
      const refused = await api.refusal('POST', `/api/conversations/${id}/typing`, { action: 'dancing' });
      assert.equal(refused.code, 'invalid_field');
      assert.equal(refused.field, 'action');
      assert.deepEqual(await shown(who), []);
    });
  });
