// How each kind of message is drawn: players with real files, cards, stickers, albums, and the placeholder of unknown content.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { assertSilent, axe, PHONE } from './browser.ts';
import { Fixture, rowOf } from './fixture.ts';
import { type Sent, sendEveryKind } from './kinds-sent.ts';

describe('every kind of message', () => {
  let f: Fixture;
  let page: Page;
  let who: Customer;
  let id: number;
  let sent: Sent[];
  const ids = new Map<string, number>();

  before(async () => {
    f = await Fixture.start();
    ({ who, id } = await f.customer('Anna'));
    page = f.page;
    sent = await sendEveryKind(f.sim, who, page);
    const all = await until('all of them', async () => {
      const history = await f.api.history(id);
      const settled = history.every(({ files }) => files.every(({ state }) => state === 'ready'));
      return settled && history.length === sent.length + 4 && history;
    });
    // The history is in the order of sending. An album has several messages; its bubble has the id of the last.
    const more: Record<string, number> = { album: 3, 'album of files': 2 };
    let at = 1;
    for (const { kind } of sent) {
      at += more[kind] ?? 1;
      ids.set(kind, all[at - 1]?.id ?? 0);
    }
    await page.goto(`${f.server.url}/c/${id}`);
    await page.getByTestId('message').first().waitFor();
  });
  after(() => f?.stop());

  /** Scrolls the thread until the bubble of this example is drawn. */
  async function bubble(kind: string, on = page): Promise<Locator> {
    const found = on.locator(`[data-testid=message][data-id="${ids.get(kind)}"], [data-testid=system-message][data-id="${ids.get(kind)}"]`);
    const scroller = on.locator('.scroll-area').filter({ has: on.getByTestId('message') }).first();
    await until(`the ${kind} is drawn`, async () => {
      if (await found.count()) return true;
      const { first, last } = await on.evaluate(() => {
        const drawn = [...document.querySelectorAll<HTMLElement>('[data-testid=message]')].map((element) => Number(element.dataset['id']));
        return { first: Math.min(...drawn), last: Math.max(...drawn) };
      });
      const wanted = ids.get(kind) ?? 0;
      await scroller.evaluate((element, by) => element.scrollBy(0, by), wanted < first ? -500 : wanted > last ? 500 : 120);
      await on.waitForTimeout(40);
      return false;
    });
    await found.scrollIntoViewIfNeeded();
    return found;
  }

  const says: [kind: string, ...texts: string[]][] = [
    ['location', 'Location', '48.20820, 16.37380', 'Open in OpenStreetMap'],
    ['live location', 'Shared live until', 'within 30 m', 'heading 90°'],
    ['venue', 'Lampen am Ring', 'Opernring 5, 1010 Wien'],
    ['contact', 'Anna Vogel', '+15550100123', 'The customer’s own number'],
    ['contact of another', 'Jonas Berger', 'Someone else’s contact'],
    ['poll', 'Which shade should I take?', 'Anonymous poll', 'Linen', '70%', '10 votes'],
    ['quiz', 'Quiz · closed', 'E27: 3 votes, 75%. Right answer', 'The larger of the two.'],
    ['dice', '🎲', 'Result: 5'],
    ['checklist', 'Before I call', 'Look at the fuse', '2 of 3 done'],
    ['story', 'Story by Lamps of Vienna'],
    ['game', 'Lamp Tycoon', 'Light a whole city.'],
    ['invoice', 'Desk lamp, green', '€149.50'],
    ['payment', 'Payment received', '⭐ 250', 'order-4711'],
    ['refund', 'Payment refunded', '€149.50'],
    ['paid_media', 'Price: ⭐ 25', '2 items visible only after payment', 'The rest is behind the curtain'],
    ['gift', 'Gift', '⭐ 50', 'For your patience'],
    ['unique gift', 'Plush Lamp #42'],
    ['rich', 'What I tried', 'Turned it off and on'],
    ['document', 'invoice-1007.pdf', 'PDF', 'The invoice'],
    ['audio', 'Rain on the roof', 'The Gutters', '0:07'],
    ['external', 'In reply to Desk News', 'Video'],
    ['via', 'via @pics'],
    ['hologram', 'Unsupported message', 'hologram', 'Show raw JSON'],
  ];
  for (const [kind, ...texts] of says)
    test(`${kind}: ${texts.join(', ')}`, async () => {
      const found = await bubble(kind);
      for (const text of texts) await found.filter({ hasText: text }).waitFor();
    });

  test('service messages with their facts', async () => {
    await page.getByTestId('system-message').filter({ hasText: 'The customer pinned “Read me”' }).waitFor();
    await page.getByTestId('system-message').filter({ hasText: 'The customer set messages to delete themselves after 1 week' }).waitFor();
  });

  test('a voice message: playing, waveform, speed, seeking by keys', async () => {
    const voice = await bubble('voice');
    const waveform = voice.getByTestId('waveform');
    assert.equal(await waveform.getAttribute('data-known'), null);
    await voice.getByRole('button', { name: 'Play: Voice message' }).click();
    await voice.getByRole('button', { name: 'Pause: Voice message' }).waitFor();
    await until('the waveform', () => waveform.getAttribute('data-known'));
    await voice.getByRole('button', { name: /^Speed 1×/ }).click();
    await voice.getByRole('button', { name: /^Speed 1.5×/ }).waitFor();
    assert.equal(await page.evaluate(() => JSON.parse(localStorage.getItem('switchboard.prefs') ?? '{}').speed), 1.5);
    const slider = voice.getByRole('slider');
    await slider.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await until('five seconds on', async () => Number(await slider.getAttribute('aria-valuenow')) >= 5);
  });

  test('only one message plays at a time', async () => {
    const voice = await bubble('voice');
    await voice.getByRole('slider').press('Home');
    if (await voice.getByRole('button', { name: 'Play: Voice message' }).count()) await voice.getByRole('button', { name: 'Play: Voice message' }).click();
    const audio = await bubble('audio');
    await audio.getByRole('button', { name: 'Play: Rain on the roof' }).click();
    await audio.getByRole('button', { name: 'Pause: Rain on the roof' }).waitFor();
    await voice.getByRole('button', { name: 'Play: Voice message' }).waitFor();
    const note = await bubble('video_note');
    await note.getByRole('button', { name: 'Play: Video message' }).click();
    await until('the ring moves', async () => Number(await note.getByTestId('piece').locator('circle').getAttribute('stroke-dashoffset')) < 300);
    await (await bubble('audio')).getByRole('button', { name: 'Play: Rain on the roof' }).waitFor();
  });

  test('a video: proportions, duration, viewer, caption above', async () => {
    const video = await bubble('video');
    await video.filter({ hasText: '1:01' }).waitFor();
    const start = video.getByRole('button', { name: /Play the video/ });
    const box = await start.boundingBox();
    assert.ok(box && Math.abs(box.width / box.height - 16 / 9) < 0.02);
    await start.click();
    const inPlace = video.locator('video[controls]');
    await until('it plays in its place', () => inPlace.evaluate((element: any) => element.currentTime > 0));
    const there = await inPlace.boundingBox();
    assert.ok(there && Math.abs(there.width - box.width) < 2 && Math.abs(there.height - box.height) < 2);
    await video.getByRole('button', { name: /Open the video/ }).click();
    const film = page.getByTestId('lightbox').locator('video');
    await until('it plays', () => film.evaluate((element: any) => element.currentTime > 0));
    assert.equal(await inPlace.evaluate((element: any) => element.paused), true, 'only one plays');
    await page.keyboard.press('Escape');
    await film.waitFor({ state: 'detached' });
    const above = await bubble('video above');
    const [words, picture] = [await above.getByText('Words above the video').boundingBox(), await above.getByRole('button', { name: /Play the video/ }).boundingBox()];
    assert.ok(words && picture && words.y < picture.y);
  });

  test('a live photo moves in the viewer', async () => {
    await (await bubble('live_photo')).getByRole('button', { name: /Open the photo/ }).click();
    const viewer = page.getByTestId('lightbox');
    await viewer.getByRole('button', { name: 'Play the live photo' }).click();
    await until('it moves', () => viewer.locator('video').evaluate((element: any) => element.currentTime > 0));
    await viewer.getByRole('button', { name: 'Show the photo' }).click();
    await viewer.locator('video').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
  });

  test('with reduced motion a GIF plays only when pressed', async () => {
    const animation = (await bubble('animation')).getByTestId('animation');
    const paused = () => animation.locator('video').evaluate((element: any) => element.paused as boolean);
    assert.equal(await paused(), true);
    await animation.click();
    await until('it moves', async () => !(await paused()));
    await animation.click();
    await until('it rests', paused);
  });

  test('stickers: a picture, a video and an animation, without a bubble', async () => {
    await (await bubble('sticker')).getByRole('img', { name: 'Sticker 😄' }).locator('img').waitFor();
    await (await bubble('sticker video')).getByRole('img', { name: 'Sticker 👋' }).locator('video').waitFor();
    await (await bubble('sticker animated')).getByTestId('lottie').locator('svg path').first().waitFor({ state: 'attached' });
    const moving = await f.otherPage({ reducedMotion: 'no-preference' });
    await moving.goto(`${f.server.url}/c/${id}`);
    await moving.getByTestId('message').first().waitFor();
    const turning = (await bubble('sticker animated', moving)).getByTestId('lottie');
    const turn = (): Promise<string | null> => turning.locator('svg g g').first().getAttribute('transform');
    await turning.locator('svg path').first().waitFor({ state: 'attached' });
    const before = await turn();
    await until('it turns', async () => (await turn()) !== before);
    await moving.context().close();
  });

  test('a document is a download, even if it is a picture', async () => {
    const link = (await bubble('document')).getByRole('link', { name: /^Download invoice-1007.pdf/ });
    assert.equal(await link.getAttribute('download'), 'invoice-1007.pdf');
    const picture = await bubble('document picture');
    await picture.getByRole('link', { name: /Download A photo/ }).waitFor();
    assert.equal(await picture.locator('img').count(), 0);
  });

  test('the first press removes a spoiler, the second opens the photo', async () => {
    const spoiler = await bubble('spoiler');
    await spoiler.getByTestId('cover').click();
    await spoiler.getByTestId('cover').waitFor({ state: 'detached' });
    await spoiler.getByRole('button', { name: /Open the photo/ }).click();
    await page.getByTestId('lightbox').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('lightbox').waitFor({ state: 'detached' });
  });

  test('albums: photos and videos in one grid, files in one list', async () => {
    const album = await bubble('album');
    assert.equal(await album.getByRole('button', { name: /Open the (photo|video)/ }).count(), 3);
    assert.equal(await (await bubble('album of files')).getByRole('link', { name: /Download/ }).count(), 2);
  });

  test('a location links to a map without a referrer', async () => {
    const link = (await bubble('location')).getByRole('link', { name: 'Open in OpenStreetMap' });
    assert.match((await link.getAttribute('href')) ?? '', /^https:\/\/www\.openstreetmap\.org\/\?mlat=48\.20820&mlon=16\.37380/);
    assert.match((await link.getAttribute('rel')) ?? '', /noreferrer/);
  });

  test('long data is folded', async () => {
    const data = await bubble('web_app_data');
    await data.getByRole('button', { name: 'Show all' }).click();
    await data.getByRole('button', { name: 'Show less' }).waitFor();
    await data.filter({ hasText: '"city": "Wien"' }).waitFor();
  });

  test('a quote shows the quoted part and scrolls to its message', async () => {
    const quote = await bubble('quote');
    await quote.getByTestId('quoted-part').filter({ hasText: 'flickers after a minute' }).click();
    await until('the video is in sight', () => page.locator(`[data-testid=message][data-id="${ids.get('video')}"]`).isVisible().catch(() => false));
  });

  test('raw JSON is shown to an administrator', async () => {
    await (await bubble('hologram')).getByRole('button', { name: 'Show raw JSON' }).click();
    await page.getByRole('dialog').filter({ hasText: '"depth": 3' }).waitFor();
    await page.keyboard.press('Escape');
  });

  test('a failed file: the reason, and fetching it again', async () => {
    const { who: boris, id: his } = await f.customer('Boris');
    const failed = (name: string): Promise<unknown> =>
      until(`${name} failed`, async () => (await f.api.history(his)).some(({ files }) => files[0]?.name === name && files[0].state === 'failed'));
    await f.sim.media(boris, 'document', { size: 21 << 20, file_name: 'backup.zip' });
    await failed('backup.zip');
    await f.sim.fault({ kind: 'status', method: 'getFile', code: 400, description: 'Bad Request: the file was removed' });
    await f.sim.media(boris, 'document', { seed: 41, file_name: 'lost.pdf' });
    await failed('lost.pdf');
    await f.sim.clearFaults();
    await page.goto(`${f.server.url}/c/${his}`);
    const large = page.getByTestId('message').filter({ hasText: 'backup.zip' }).getByTestId('file-failed');
    await large.filter({ hasText: 'Too large: Telegram lets bots download up to 20 MB' }).waitFor();
    const lost = page.getByTestId('message').filter({ hasText: 'lost.pdf' });
    await lost.getByTestId('file-failed').filter({ hasText: 'No longer available on Telegram' }).waitFor();
    await lost.getByRole('button', { name: 'Fetch again' }).click();
    await lost.getByRole('link', { name: /^Download lost.pdf/ }).waitFor();
  });

  test('the list shows the icon and the preview of each kind', async () => {
    const lines: [name: string, verb: string, body: object, icon: string, line: string][] = [
      ['Carla', 'voice', {}, 'voice', 'Voice message'],
      ['David', 'sticker', {}, 'sticker', '😄 Sticker'],
      ['Edith', 'document', { seed: 3 }, 'document', 'invoice-1003.pdf'],
      ['Felix', 'location', {}, 'location', 'Location'],
      ['Greta', 'poll', { question: 'Which lamp?' }, 'poll', 'Which lamp?'],
    ];
    for (const [name, verb, body, icon, line] of lines) {
      const { who: other } = await f.customer(name);
      await f.sim.act(other, verb, body);
      const row = rowOf(page, name).filter({ hasText: line });
      await row.waitFor();
      await row.locator(`[data-kind=${icon}]`).waitFor();
    }
  });

  test('pieces without their script show a name and can be loaded again', async () => {
    const complaints = f.complaints.length;
    const other = await f.otherPage({});
    await other.route(/pieces-[^/]*\.js/, (route) => route.abort());
    await other.goto(`${f.server.url}/c/${id}`);
    await other.getByTestId('message').first().waitFor();
    const document = await bubble('document', other);
    await document.filter({ hasText: 'invoice-1007.pdf' }).getByRole('button', { name: 'Try again' }).waitFor();
    await other.unroute(/pieces-[^/]*\.js/);
    await document.getByRole('button', { name: 'Try again' }).click();
    await document.getByRole('link', { name: /^Download invoice-1007.pdf/ }).waitFor();
    await other.context().close();
    f.complaints.length = complaints; // React reports each part that cannot be loaded.
  });

  test('a video shows the thumbnail of the channel', async () => {
    const { who: vera, id: hers } = await f.customer('Vera');
    await f.sim.media(vera, 'video', { seed: 5 });
    await page.goto(`${f.server.url}/c/${hers}`);
    const poster = page.getByRole('button', { name: /Play the video/ }).locator('img');
    await until('it is drawn', () => poster.evaluate((img: any) => img.naturalWidth === 320));
  });

  test('the edit history shows the earlier version of a document', async () => {
    await page.goto(`${f.server.url}/c/${id}`);
    await page.getByTestId('message').first().waitFor();
    const document = sent.find(({ kind }) => kind === 'document')?.message;
    await f.sim.edit(who, document?.['message_id'], { caption: 'The invoice, corrected' });
    const found = await bubble('document');
    await found.filter({ hasText: 'The invoice, corrected' }).waitFor();
    await found.getByTestId('edited').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByTestId('version').first().getByText('The invoice', { exact: true }).waitFor();
    assert.equal(await dialog.getByText('invoice-1007.pdf').count(), 1, 'the file did not change');
    await dialog.getByRole('button', { name: 'Full versions' }).click();
    await until('the file in both versions', async () => (await dialog.getByText('invoice-1007.pdf').count()) === 2);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('no kind is wider than a phone, in Russian; no violations of axe', async () => {
    const phone = await f.otherPage({ viewport: PHONE, locale: 'ru-RU', hasTouch: true, isMobile: true, colorScheme: 'dark' });
    await phone.goto(`${f.server.url}/c/${id}`);
    await phone.getByTestId('message').first().waitFor();
    for (const kind of ids.keys()) {
      if (kind === 'pinned' || kind === 'timer') continue;
      const found = await bubble(kind, phone);
      const wide = await found.evaluate((element) => [...element.querySelectorAll('*')].some((child) => child.getBoundingClientRect().right > innerWidth + 1));
      assert.equal(wide, false, kind);
      if (['voice', 'poll', 'sticker', 'contact'].includes(kind)) assert.deepEqual(await axe(phone), [], kind);
    }
    await phone.context().close();
    assert.deepEqual(await axe(page), []);
  });

  test('the console stayed silent: no error, no breach of the content policy', () => assertSilent(f.complaints));
});
