// Other actions of customers, as an operator sees them: an edit that replaces a photo, service messages of the chat, pressing
// start, and photos taken in portrait orientation.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Conversation } from '../../web/src/contract.ts';
import { until } from '../harness/server.ts';
import { App, file, form } from '../mobile/app.ts';
import { drawPicture, encodePng } from '../telegram/pictures.ts';
import { assertSilent, axe } from './browser.ts';
import { Fixture } from './fixture.ts';

const KEY = 'the-key-of-the-tests';

/** A JPEG with an Exif orientation, as phones write it. */
function jpeg(orientation: number, width: number, height: number): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'sb-jpeg-'));
  try {
    writeFileSync(join(folder, 'in.png'), encodePng(drawPicture(7, width, height)));
    execFileSync('vips', ['jpegsave', join(folder, 'in.png'), join(folder, 'out.jpg'), '--Q', '90', '--strip']);
    const plain = readFileSync(join(folder, 'out.jpg'));
    const tiff = Buffer.from('4d4d002a00000008' + '0001' + '0112000300000001' + `000${orientation}0000` + '00000000', 'hex');
    const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
    const head = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
    return Buffer.concat([plain.subarray(0, 2), head, body, plain.subarray(2)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('actions of customers besides writing', () => {
  let f: Fixture;
  before(async () => {
    f = await Fixture.start({ env: { MOBILE_APP_KEY: KEY } });
  });
  after(async () => f?.stop());

  const bubble = (text: string) => f.page.getByTestId('message').filter({ hasText: text });
  const conversationOf = (name: string): Promise<Conversation> =>
    until(`a conversation of ${name}`, async () => (await f.api.everyConversation()).find((c) => c.customer.name.startsWith(name)));

  test('an edit replaces the photo, and the history shows both', async () => {
    const eve = await f.sim.customer({ first_name: 'Evelyn', language_code: 'en' });
    const other = await f.sim.customer({ first_name: 'Otto', language_code: 'en' });
    const first = await f.sim.photo(eve, { caption: 'the scratch' });
    await f.sim.photo(other, { caption: 'elsewhere', scene: 'lamp' });
    const { id } = await conversationOf('Evelyn');
    await until('the photo is here', async () => (await f.api.history(id))[0]?.files[0]?.state === 'ready');
    await f.page.goto(`${f.server.url}/c/${id}`);
    await bubble('the scratch').waitFor();
    const old = (await f.api.history(id))[0]!.files[0]!.id;
    const stranger = (await f.api.history((await conversationOf('Otto')).id))[0]!.files[0]!;
    const photo = [{ ...JSON.parse(f.server.query(`SELECT source FROM file WHERE id = ${stranger.id}`)[0]!), width: stranger.width, height: stranger.height }];
    await f.sim.inject([{ update_id: 1, edited_message: { ...first, edit_date: first['date'] + 1, photo, caption: 'the scratch, closer' } }], { renumber: true });
    const now = await until('another photo', async () => (await f.api.history(id)).find((m) => m.text === 'the scratch, closer' && m.files[0]?.state === 'ready'));
    assert.notEqual(now.files[0]!.id, old);
    const edits: any = await f.api.call('GET', `/api/messages/${now.id}/edits`);
    assert.deepEqual(edits.data.map((e: any) => [e.kind, e.text, e.files.map((x: any) => x.id)]), [['photo', 'the scratch', [old]]]);
    await bubble('the scratch, closer').locator(`img[src*="/api/files/${now.files[0]!.id}"]`).waitFor();
    await bubble('the scratch, closer').getByTestId('edited').click();
    const versions = f.page.getByRole('dialog').getByTestId('version');
    await versions.nth(0).locator(`img[src*="/api/files/${old}"]`).waitFor();
    await versions.nth(1).locator(`img[src*="/api/files/${now.files[0]!.id}"]`).waitFor();
    assert.deepEqual(await axe(f.page), []);
    await f.page.keyboard.press('Escape');
  });

  test('a service message is shown as a line, and reopens no closed conversation', async () => {
    const pia = await f.sim.customer({ first_name: 'Piaget', language_code: 'en' });
    const said = await f.sim.text(pia, 'thank you');
    const { id } = await conversationOf('Piaget');
    await f.api.call('POST', `/api/conversations/${id}/close`);
    // The operator's read position may change meanwhile; it does not belong to the conversation.
    const asItIs = async (): Promise<object> => ({ ...(await f.api.call<Conversation>('GET', `/api/conversations/${id}`)), read_count: null });
    const before = await asItIs();
    await f.page.goto(`${f.server.url}/c/${id}`);
    await bubble('thank you').waitFor();
    await f.sim.inject([{ update_id: 1, message: { message_id: 990_001, date: said['date'], from: said['from'], chat: said['chat'], pinned_message: said } }], { renumber: true });
    const line = f.page.getByTestId('system-message').filter({ hasText: 'The customer pinned “thank you”' });
    await line.waitFor();
    assert.equal(await line.getAttribute('data-content'), 'pinned_message');
    assert.deepEqual(await asItIs(), before, 'nothing of the conversation has changed');
  });

  test('a customer who only pressed start is not in the waiting list', async () => {
    const stan = await f.sim.customer({ first_name: 'Stanley', language_code: 'en' });
    await f.sim.start(stan, 'spring');
    const { id, status } = await conversationOf('Stanley');
    assert.equal(status, 'snoozed');
    await f.page.goto(`${f.server.url}/c/${id}`);
    await f.page.getByTestId('system-message').filter({ hasText: 'started the bot' }).waitFor();
    await f.page.getByText('Hasn’t written yet').first().waitFor();
    await f.page.keyboard.press('Control+k');
    await f.page.getByTestId('palette').getByRole('combobox').fill('Stanley');
    await f.page.getByRole('option').filter({ hasText: 'Stanley' }).getByText('Hasn’t written yet').waitFor();
    await f.page.keyboard.press('Escape');
    await f.sim.text(stan, 'Is anybody there?');
    await bubble('Is anybody there?').waitFor();
    assert.equal((await conversationOf('Stanley')).status, 'waiting');
  });

  test('a portrait photo has its frame, size and thumbnail in portrait', async () => {
    const app = new App(f.server.url, { 'x-app-key': KEY });
    for (let orientation = 1; orientation <= 8; orientation++) {
      const user = `phone-${orientation}`;
      const sent = await app.call('POST', '/send_message', form({ user_id: user, user_name: `Phone ${orientation}`, message: 'see' }, [[file(jpeg(orientation, 1600, 800), 'image/jpeg'), 'p.jpg']]));
      assert.equal(sent.status, 200, JSON.stringify(sent.body));
      const { id } = await conversationOf(`Phone ${orientation}`);
      const kept = (await f.api.history(id))[0]!.files[0]!;
      const turned = orientation >= 5;
      assert.deepEqual([kept.width, kept.height], turned ? [800, 1600] : [1600, 800], `orientation ${orientation}`);
      // The thumbnail must look like the original as the browser shows it.
      const seen = await f.page.evaluate(async (path: string) => {
        const look = async (url: string) => {
          const img = new Image();
          img.src = url;
          await img.decode();
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [12, 12];
          const context = canvas.getContext('2d')!;
          context.drawImage(img, 0, 0, 12, 12);
          return { width: img.naturalWidth, height: img.naturalHeight, pixels: [...context.getImageData(0, 0, 12, 12).data] };
        };
        const [whole, thumb] = [await look(path), await look(`${path}?size=thumb`)];
        const apart = whole.pixels.reduce((sum, value, i) => sum + Math.abs(value - thumb.pixels[i]!), 0) / whole.pixels.length;
        return { whole: [whole.width, whole.height], thumb: [thumb.width, thumb.height], apart };
      }, `/api/files/${kept.id}`);
      assert.deepEqual(seen.whole, [kept.width, kept.height], `orientation ${orientation}: as the browser shows it`);
      assert.deepEqual(seen.thumb, turned ? [320, 640] : [640, 320], `orientation ${orientation}: the thumbnail`);
      assert.ok(seen.apart < 12, `orientation ${orientation}: the thumbnail shows the same (${seen.apart})`);
    }
  });

  test('the console has no errors or policy violations', () => {
    assertSilent(f.complaints);
  });
});
