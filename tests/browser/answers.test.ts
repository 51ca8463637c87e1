// Answers of every kind that the composer makes: files, albums, voice messages, places, contacts, polls, buttons and options. What
// counts is what the customer got in Telegram; the bubble looks the same before and after the server has it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer, TranscriptLine } from '../telegram/client.ts';
import { assertSilent, axe, MICROPHONE } from './browser.ts';
import { Fixture, focusIs } from './fixture.ts';

interface Dropped {
  name: string;
  type: string;
  /** A picture of this size. */
  size?: [number, number];
  text?: string;
  base64?: string;
}

/** The box by which a file says that it is MP4. */
const MP4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.from([0, 0, 2, 0]), Buffer.from('isommp41'), Buffer.alloc(64)]).toString('base64');
const MUSIC = Buffer.concat([Buffer.from('ID3'), Buffer.from([3, 0, 0, 0, 0, 0, 10]), Buffer.alloc(10), Buffer.from([0xff, 0xfb, 0x90, 0x44]), Buffer.alloc(400)]).toString('base64');
const WEBP = 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA';

describe('an answer from the composer', () => {
  let desk: Fixture;
  let page: Page;
  let anna: { who: Customer; id: number };

  const composer = (): Locator => page.getByTestId('composer');
  const lines = async (): Promise<TranscriptLine[]> => (await desk.sim.transcript(anna.who.id)).messages.filter(({ side }) => side === 'bot');
  /** The bot's messages after the given number of them, when there are so many. */
  const came = async (mark: number, count: number): Promise<TranscriptLine[]> => {
    await until(`${count} messages have come`, async () => (await lines()).length >= mark + count);
    return (await lines()).slice(mark);
  };
  const marked = async (): Promise<number> => (await lines()).length;
  const drop = async (files: readonly Dropped[]): Promise<void> => {
    const transfer = await page.evaluateHandle(async (wanted) => {
      const made = new DataTransfer();
      for (const { name, type, size, text, base64 } of wanted) {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = size ?? [320, 240];
        const pen = canvas.getContext('2d')!;
        pen.fillStyle = '#18a673';
        pen.fillRect(0, 0, canvas.width, canvas.height);
        const bytes = base64 ? Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)) : text ?? (await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/jpeg')));
        made.items.add(new File([bytes], name, { type }));
      }
      return made;
    }, files as Dropped[]);
    await page.locator('main').dispatchEvent('drop', { dataTransfer: transfer });
  };
  const tray = (): Locator => page.getByTestId('tray-file');
  const send = (): Promise<void> => page.getByTestId('send-button').click();
  const attach = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Attach', exact: true }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  const sendAs = async (name: string, kind: string): Promise<void> => {
    await page.getByRole('button', { name: `${name}: more` }).click();
    await page.getByRole('menuitemradio', { name: kind, exact: true }).click();
  };
  const option = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Send options' }).click();
    await page.getByRole('menu').getByText(name, { exact: true }).click();
  };
  const settled = (): Promise<unknown> => until('everything is sent', async () => (await page.locator('[data-testid=message][data-direction=out]:not([data-delivery=sent])').count()) === 0);

  /** Waits until so many seconds are recorded; more will do, since the page may be drawn late. */
  const recorded = (seconds: number): Promise<unknown> =>
    page.waitForFunction((least) => {
      const [minutes, rest] = (document.querySelector('[role=timer]')?.textContent ?? '0:00').split(':').map(Number);
      return minutes! * 60 + rest! >= least;
    }, seconds);

  before(async () => {
    desk = await Fixture.start({ flags: MICROPHONE, env: { MOBILE_API_AUTH: 'open' } });
    page = desk.page;
    page.setDefaultTimeout(12_000);
    anna = await desk.customer('Anna', 'Hello');
    await page.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await composer().waitFor();
  });
  after(() => desk?.stop());
  // A test that failed while recording leaves its bar in the place of the field; the next one is not to fail for it.
  beforeEach(async () => {
    const bar = page.getByTestId('voice-bar');
    if (await bar.isVisible()) await bar.getByRole('button', { name: 'Delete' }).click();
  });

  test('photos and a video become one album, a document follows it, and the preview says so', async () => {
    const mark = await marked();
    await drop([{ name: 'one.jpg', type: 'image/jpeg' }, { name: 'clip.mp4', type: 'video/mp4', base64: MP4 }, { name: 'act.pdf', type: 'application/pdf', text: '%PDF-1.7 words' }]);
    await page.getByTestId('arrives-as').filter({ hasText: 'The customer gets: album of 2, 1 file' }).waitFor();
    assert.deepEqual(await axe(page), []);
    await composer().click();
    await page.keyboard.type('all of it');
    await page.keyboard.press('Enter');
    const got = await came(mark, 3);
    assert.deepEqual(got.map(({ kind, text }) => [kind, text]), [['photo', 'all of it'], ['video', ''], ['document', '']]);
    assert.equal(got[0]!.message['media_group_id'], got[1]!.message['media_group_id']);
    assert.equal(got[2]!.message['document'].file_name, 'act.pdf');
    await settled();
    await page.getByTestId('message').last().getByText('act.pdf').waitFor();
  });

  test('a photo is sent as a file if one wishes, in the order of the tray', async () => {
    const mark = await marked();
    await drop([{ name: 'first.jpg', type: 'image/jpeg' }, { name: 'second.jpg', type: 'image/jpeg', size: [64, 64] }]);
    await tray().nth(1).waitFor();
    await page.getByRole('button', { name: 'second.jpg: more' }).click();
    await page.getByRole('menuitem', { name: 'Move left' }).click();
    await until('it has moved', async () => (await page.getByTestId('tray-file').first().getByRole('img').getAttribute('alt')) === 'second.jpg');
    await sendAs('second.jpg', 'File');
    await tray().and(page.locator('[data-as=document]')).waitFor();
    // All of it survives a reload.
    await until('both are kept', async () => (await page.evaluate(() => Object.entries(localStorage).find(([key]) => key.includes('draft'))?.[1] ?? '')).split('"id"').length === 3);
    await page.reload();
    await tray().nth(1).waitFor();
    assert.deepEqual(await tray().evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['as'])), ['document', 'photo']);
    await send();
    const got = await came(mark, 2);
    assert.deepEqual(got.map(({ kind }) => kind), ['document', 'photo']);
    assert.equal(got[0]!.message['document'].file_name, 'second.jpg');
    await settled();
  });

  test('one photo of an album is covered', async () => {
    const mark = await marked();
    await drop([{ name: 'open.jpg', type: 'image/jpeg' }, { name: 'covered.jpg', type: 'image/jpeg', size: [64, 64] }]);
    await tray().nth(1).waitFor();
    await page.getByRole('button', { name: 'covered.jpg: more' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Cover with a spoiler' }).click();
    await tray().nth(1).getByTestId('tray-covered').waitFor();
    assert.equal(await page.getByTestId('tray-covered').count(), 1);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/tray-covered.png` });
    await send();
    const got = await came(mark, 2);
    assert.deepEqual(got.map(({ message }) => message['has_media_spoiler'] === true), [false, true]);
    await settled();
    assert.equal(await page.getByTestId('message').last().getByTestId('cover').count(), 1);
  });

  test('a drag moves a file in the tray', async () => {
    await drop([{ name: 'a.jpg', type: 'image/jpeg' }, { name: 'b.jpg', type: 'image/jpeg' }, { name: 'c.jpg', type: 'image/jpeg' }]);
    await tray().nth(2).waitFor();
    await tray().nth(2).dragTo(tray().nth(0));
    await until('c is first', async () => (await tray().evaluateAll((all) => all.map((one) => one.querySelector('img')?.alt).join())) === 'c.jpg,a.jpg,b.jpg');
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await page.getByRole('button', { name: `Remove ${name}` }).click();
    await until('all are gone', async () => (await tray().count()) === 0);
  });

  test('what cannot be sent is said at once, in words, and loses nothing', async () => {
    await drop([{ name: 'empty.txt', type: 'text/plain', text: '' }, { name: 'good.txt', type: 'text/plain', text: 'words' }]);
    await page.getByText('Not added: empty.txt. Empty files can’t be sent.').waitFor();
    await page.getByRole('img', { name: 'good.txt' }).waitFor();
    const large = await page.evaluateHandle(() => {
      const made = new DataTransfer();
      made.items.add(new File([new Uint8Array(50 * 1024 * 1024 + 1)], 'large.zip'));
      return made;
    });
    await page.locator('main').dispatchEvent('drop', { dataTransfer: large });
    await page.getByText('Not added: large.zip. A file can be up to 50 MB.').waitFor();
    await page.getByRole('button', { name: 'Remove good.txt' }).click();
    await until('it is gone', async () => (await tray().count()) === 0);
  });

  test('music and stickers keep their kinds', async () => {
    const mark = await marked();
    await drop([{ name: 'song.mp3', type: 'audio/mpeg', base64: MUSIC }]);
    await tray().and(page.locator('[data-as=audio]')).waitFor();
    await send();
    await drop([{ name: 'hi.webp', type: 'image/webp', base64: WEBP }]);
    await tray().and(page.locator('[data-as=photo]')).waitFor();
    await sendAs('hi.webp', 'Sticker');
    await send();
    assert.deepEqual((await came(mark, 2)).map(({ kind }) => kind), ['audio', 'sticker']);
    await settled();
  });

  test('a voice message is recorded, paused, heard and sent as Ogg with Opus, one channel', async () => {
    const mark = await marked();
    await page.getByTestId('record-button').click();
    const bar = page.getByTestId('voice-bar');
    await page.locator('[data-testid=voice-bar][data-state=recording]').waitFor();
    await recorded(2);
    await bar.getByRole('button', { name: 'Pause' }).click();
    assert.deepEqual(await axe(page), []);
    await page.evaluate(() => {
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        this.addEventListener('timeupdate', () => this.currentTime > 0 && (document.body.dataset['heard'] = 'yes'));
        return play.call(this);
      };
    });
    await bar.getByRole('button', { name: 'Listen' }).click();
    await page.waitForSelector('body[data-heard=yes]');
    await bar.getByRole('button', { name: 'Continue recording' }).click();
    await recorded(3);
    await page.getByTestId('voice-send').click();
    const [voice] = await came(mark, 1);
    assert.equal(voice!.kind, 'voice');
    assert.ok(voice!.message['voice'].duration >= 2, `it is ${voice!.message['voice'].duration} seconds long`);
    await settled();
    const { files, voice: facts } = (await desk.api.history(anna.id)).findLast(({ kind }) => kind === 'voice')! as unknown as { files: { id: number; mime: string; duration_ms: number }[]; voice?: { waveform: number[] } };
    assert.match(files[0]!.mime, /ogg/);
    assert.ok(files[0]!.duration_ms >= 2000);
    assert.equal(facts?.waveform.length, 100);
    assert.ok(Math.max(...facts!.waveform) === 31, 'the loudest part is loud');
    const bytes = Buffer.from(await page.evaluate(async (id) => [...new Uint8Array(await (await fetch(`/api/files/${id}`)).arrayBuffer())], files[0]!.id));
    assert.equal(bytes.toString('latin1', 0, 4), 'OggS');
    assert.equal(bytes.toString('latin1', 28, 36), 'OpusHead');
    assert.equal(bytes[37], 1);
    await page.getByTestId('message').last().getByRole('button', { name: 'Play: Voice message' }).waitFor();
    assert.equal(await page.getByTestId('message').last().getByTestId('waveform').getAttribute('data-known'), 'true');
    // The whole of it can be decoded by a strict reader.
    const length = await page.evaluate(async (id) => (await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(await (await fetch(`/api/files/${id}`)).arrayBuffer())).duration, files[0]!.id);
    assert.ok(Math.abs(length * 1000 - files[0]!.duration_ms) < 120, `${length} s and ${files[0]!.duration_ms} ms`);
  });

  test('a browser that records something else makes the same of it', async () => {
    const mark = await marked();
    await page.evaluate(() => void (MediaRecorder.isTypeSupported = (type) => type === 'audio/mp4'));
    await page.getByTestId('record-button').click();
    await recorded(1);
    await page.getByTestId('voice-send').click();
    const [voice] = await came(mark, 1);
    assert.equal(voice!.kind, 'voice');
    await settled();
    const { files } = (await desk.api.history(anna.id)).findLast(({ kind }) => kind === 'voice')!;
    assert.match(files[0]!.mime, /ogg/);
    await page.reload();
    await composer().waitFor();
  });

  test('a recording that is deleted comes back by one press; one that was left waits as a draft', async () => {
    await page.getByTestId('record-button').click();
    await recorded(1);
    await page.keyboard.press('Escape');
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).click();
    await tray().and(page.locator('[data-as=voice]')).waitFor();
    await until('it is kept', async () => page.evaluate(() => JSON.stringify({ ...localStorage }).includes('voice')));
    await page.reload();
    await tray().and(page.locator('[data-as=voice]')).waitFor();
    await page.getByRole('button', { name: /^Remove Voice message/ }).click();
    await until('it is gone', async () => (await tray().count()) === 0);
  });

  test('a video message is recorded with the camera, looked at, and sent as a round MP4', async () => {
    const mark = await marked();
    await attach('Video message…');
    const dialog = page.getByTestId('video-note');
    await dialog.getByRole('button', { name: 'Record', exact: true }).click();
    await until('more than a second is recorded', async () => (await dialog.getByRole('timer').textContent()) === '0:02');
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await page.locator('[data-testid=video-note-send]:focus').waitFor();
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press('Enter');
    const [line] = await came(mark, 1);
    const note = line!.message['video_note'];
    assert.ok(note.length === 384 && note.duration >= 1, JSON.stringify(note));
    const bytes = Buffer.from(await (await fetch(`${desk.sim.url}/media/${encodeURIComponent(note.file_unique_id)}`)).arrayBuffer());
    assert.equal(bytes.toString('latin1', 4, 8), 'ftyp');
    assert.ok(bytes.includes('avc1'), 'H.264, which Telegram plays');
    await page.locator('[data-kind=video_note]').last().waitFor();
  });

  test('a video message that is closed comes back by one press', async () => {
    await attach('Video message…');
    const dialog = page.getByTestId('video-note');
    await dialog.getByRole('button', { name: 'Record', exact: true }).click();
    await until('more than a second is recorded', async () => (await dialog.getByRole('timer').textContent()) === '0:02');
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await page.getByTestId('video-note-send').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).click();
    await tray().and(page.locator('[data-as=video_note]')).waitFor();
    await page.getByRole('button', { name: /^Remove Video message/ }).click();
    await tray().waitFor({ state: 'detached' });
  });

  test('a place, a contact, a poll, a quiz and a dice', async () => {
    const mark = await marked();
    await attach('Location…');
    await page.getByRole('textbox', { name: 'Coordinates' }).fill('nowhere');
    await page.getByRole('button', { name: 'Send', exact: true }).last().click();
    await page.getByText('Enter a latitude and a longitude').waitFor();
    await page.getByRole('textbox', { name: 'Coordinates' }).fill('48.20820, 16.37380');
    await page.getByRole('button', { name: 'Send', exact: true }).last().click();
    await attach('Location…');
    await page.getByRole('textbox', { name: 'Coordinates' }).fill('https://www.openstreetmap.org/#map=16/48.2082/16.3738');
    await page.getByLabel('Name of the place').fill('Our shop');
    await page.getByLabel('Address').fill('Stephansplatz 1');
    assert.deepEqual(await axe(page), []);
    await page.getByRole('button', { name: 'Send', exact: true }).last().click();
    await attach('Contact…');
    // The first field has the focus already.
    await until('the number can be typed', () => page.getByLabel('Phone number').evaluate((field) => field === document.activeElement));
    await page.keyboard.type('+43 1 234567');
    await page.getByLabel('First name').fill('Karl');
    assert.deepEqual(await axe(page), []);
    await page.getByRole('button', { name: 'Send', exact: true }).last().click();
    await attach('Poll…');
    await page.getByLabel('Question').fill('Which lamp?');
    await page.getByLabel('Option 1', { exact: true }).fill('Red');
    // What was entered stays when the dialog is closed, and one goes on writing.
    await page.keyboard.press('Escape');
    await focusIs(page, 'composer');
    await attach('Poll…');
    assert.equal(await page.getByLabel('Question').inputValue(), 'Which lamp?');
    await page.getByLabel('Option 2', { exact: true }).fill('Blue');
    await page.keyboard.press('Enter');
    await page.keyboard.type('Green');
    assert.deepEqual(await axe(page), []);
    await page.getByRole('button', { name: 'Send', exact: true }).last().click();
    await attach('Poll…');
    await page.getByLabel('Question').fill('2 + 2?');
    await page.getByLabel('Option 1', { exact: true }).fill('3');
    await page.getByLabel('Option 2', { exact: true }).fill('4');
    await page.getByText('Quiz', { exact: true }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).last().click();
    await page.getByText('Mark the right option.').waitFor();
    await page.getByRole('radio', { name: 'Option 2 is right' }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).last().click();
    await attach('Dice…');
    await page.getByRole('button', { name: 'Darts' }).click();
    const got = await came(mark, 6);
    assert.deepEqual(got.map(({ kind }) => kind), ['location', 'venue', 'contact', 'poll', 'poll', 'dice']);
    assert.deepEqual([got[1]!.message['venue'].title, got[1]!.message['venue'].address], ['Our shop', 'Stephansplatz 1']);
    assert.equal(got[2]!.message['contact'].first_name, 'Karl');
    assert.deepEqual(got[3]!.message['poll'].options.map(({ text }: { text: string }) => text), ['Red', 'Blue', 'Green']);
    assert.deepEqual([got[4]!.message['poll'].type, got[4]!.message['poll'].correct_option_id ?? got[4]!.message['poll'].correct_option_ids?.[0]], ['quiz', 1]);
    assert.equal(got[5]!.message['dice'].emoji, '🎯');
    await settled();
  });

  test('a sticker of a customer is sent again', async () => {
    await desk.sim.media(anna.who, 'sticker');
    await page.locator('[data-testid=message][data-direction=in] [data-kind=sticker]').first().waitFor();
    await until('it is fetched', async () => (await desk.api.history(anna.id)).findLast(({ kind, direction }) => kind === 'sticker' && direction === 'in')?.files[0]?.state === 'ready');
    const mark = await marked();
    await attach('Sticker…');
    await page.getByRole('button', { name: /^Send the sticker/ }).first().click();
    assert.deepEqual((await came(mark, 1)).map(({ kind }) => kind), ['sticker']);
    await settled();
  });

  test('buttons, silent, protected and without a preview: kept over a reload, and drawn as the customer sees them', async () => {
    const mark = await marked();
    await composer().click();
    await page.keyboard.type('See https://example.com');
    await option('Send silently');
    await focusIs(page, 'composer');
    await option('Protect from forwarding and saving');
    await option('None');
    await option('Buttons under the message…');
    await page.getByRole('button', { name: 'Add a button', exact: true }).click();
    await page.getByLabel('Label').fill('Open');
    await page.getByLabel('Link', { exact: true }).fill('example.com/order');
    // Escape takes the address as it was typed, too.
    await page.keyboard.press('Escape');
    await focusIs(page, 'composer');
    await page.getByRole('button', { name: 'Change the buttons: 1 button' }).click();
    assert.equal(await page.getByLabel('Link', { exact: true }).inputValue(), 'https://example.com/order');
    await page.getByRole('dialog').getByText('Blue', { exact: true }).click();
    await page.getByRole('button', { name: 'Add a button to this row' }).click();
    await page.getByLabel('Label').fill('Confirm');
    await page.getByText('Notifies the desk', { exact: true }).click();
    await page.getByLabel('What the desk receives').fill('confirm:1');
    await page.getByRole('button', { name: 'Add a row' }).click();
    await page.getByLabel('Label').fill('Code');
    await page.getByText('Copies text', { exact: true }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Fill this in.').waitFor();
    // An unfinished button can be taken back after Escape.
    await page.keyboard.press('Escape');
    await page.getByText('2 buttons', { exact: true }).waitFor();
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Change the buttons: 3 buttons' }).click();
    await page.getByRole('button', { name: 'Edit the button “Code”' }).click();
    await page.getByText('Copies text', { exact: true }).click();
    await page.getByLabel('Text to copy').fill('A-17');
    assert.deepEqual(await axe(page), []);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.reload();
    await page.getByText('3 buttons', { exact: true }).waitFor();
    for (const chip of ['Silent', 'Protected', 'No link preview']) await page.getByText(chip, { exact: true }).waitFor();
    await send();
    const [got] = await came(mark, 1);
    assert.deepEqual(got!.buttons, [
      [{ text: 'Open', url: 'https://example.com/order', style: 'primary' }, { text: 'Confirm', callback_data: 'confirm:1' }],
      [{ text: 'Code', copy_text: { text: 'A-17' } }],
    ]);
    assert.equal(got!.message['has_protected_content'], true);
    const call = (await desk.sim.calls({ method: 'sendMessage' })).at(-1)!;
    assert.equal(call.params['disable_notification'], true);
    assert.deepEqual(call.params['link_preview_options'], { is_disabled: true });
    await settled();
    const keyboard = page.getByTestId('message').filter({ hasText: 'See https://example.com' }).getByTestId('keyboard');
    assert.equal(await keyboard.getByRole('link', { name: 'Open' }).getAttribute('href'), 'https://example.com/order');
    // They were of this answer only.
    assert.equal(await page.getByText('3 buttons', { exact: true }).count(), 0);
  });

  test('an album has no buttons: the text goes under it, with them', async () => {
    const mark = await marked();
    await composer().click();
    await page.keyboard.type('x');
    await option('Buttons under the message…');
    await page.getByRole('button', { name: 'Add a button', exact: true }).click();
    await page.getByLabel('Label').fill('Yes');
    await page.getByText('Notifies the desk', { exact: true }).click();
    await page.getByLabel('What the desk receives').fill('y');
    await page.getByRole('button', { name: 'Done' }).click();
    await drop([{ name: 'one.jpg', type: 'image/jpeg' }, { name: 'two.jpg', type: 'image/jpeg' }]);
    await page.getByText('The text is sent after the album, with the buttons.').waitFor();
    await composer().click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByText('An album can’t have buttons.').waitFor();
    assert.equal(await page.getByTestId('send-button').isDisabled(), true);
    await page.keyboard.type('Is that yours?');
    await send();
    const got = await came(mark, 3);
    assert.deepEqual(got.map(({ kind, buttons }) => [kind, buttons?.length ?? 0]), [['photo', 0], ['photo', 0], ['text', 1]]);
    await settled();
  });

  test('a piece of the customer’s message is quoted', async () => {
    const mark = await marked();
    await desk.sim.text(anna.who, 'Where is my order, and when does it come?');
    await page.getByTestId('message').filter({ hasText: 'Where is my order' }).last().waitFor();
    await page.evaluate(() => {
      const words = [...document.querySelectorAll('[data-words]')].find((one) => one.textContent?.includes('Where is my order'))!;
      const text = document.createTreeWalker(words, NodeFilter.SHOW_TEXT).nextNode()!;
      const at = text.textContent!.indexOf('my order');
      document.getSelection()!.setBaseAndExtent(text, at, text, at + 'my order'.length);
    });
    await page.getByRole('button', { name: 'Quote', exact: true }).click();
    await page.getByTestId('quoted-piece').filter({ hasText: 'my order' }).waitFor();
    await page.keyboard.type('It left today');
    await page.keyboard.press('Enter');
    const [got] = await came(mark, 1);
    assert.equal(got!.message['quote'].text, 'my order');
    assert.equal(got!.message['quote'].position, 9);
    await settled();
    await page.getByTestId('message').last().getByTestId('quoted-part').filter({ hasText: 'my order' }).waitFor();
  });

  test('a long text: the counter tells how many messages it becomes, and so many come', async () => {
    const mark = await marked();
    const long = 'A sentence that is repeated so often that it does not fit. '.repeat(140).trim();
    await composer().click();
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData('text/plain', text);
      document.querySelector('[data-testid=composer]')!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, long);
    const counter = page.getByTestId('counter');
    await counter.filter({ hasText: `${long.length.toLocaleString('en')} / 4,096 · will be sent as 3 messages` }).waitFor();
    await page.keyboard.press('Enter');
    const got = await came(mark, 3);
    assert.equal(got.length, 3);
    assert.equal(got.map(({ text }) => text).join(' '), long);
    await settled();
    await drop([{ name: 'one.jpg', type: 'image/jpeg' }]);
    await composer().click();
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData('text/plain', text);
      document.querySelector('[data-testid=composer]')!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, 'word '.repeat(300).trim());
    await counter.filter({ hasText: 'the rest follows as a message' }).waitFor();
    await send();
    const caption = await came(mark + 3, 2);
    assert.deepEqual(caption.map(({ kind }) => kind), ['photo', 'text']);
    await settled();
  });

  test('an upload is cancelled, and taken back', async () => {
    const mark = await marked();
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    await page.route('**/api/conversations/*/messages', async (route) => {
      if (route.request().method() === 'POST') await held;
      await route.continue().catch(() => {});
    });
    await drop([{ name: 'slow.pdf', type: 'application/pdf', text: '%PDF' }]);
    await tray().waitFor();
    await send();
    const bubble = page.getByTestId('message').filter({ hasText: 'slow.pdf' });
    await bubble.getByRole('button', { name: 'Cancel upload' }).click();
    await bubble.waitFor({ state: 'detached' });
    go();
    await page.unroute('**/api/conversations/*/messages');
    assert.equal(await marked(), mark);
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).click();
    assert.deepEqual((await came(mark, 1)).map(({ kind }) => kind), ['document']);
    await settled();
  });

  test('an app’s customer is offered what an app carries: photos', async () => {
    const response = await fetch(`${desk.server.url}/send_message`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user_id: 'u-17', message: 'from the app', user_name: 'App User' }) });
    assert.equal(response.status, 200);
    const id = await until('its conversation', async () => (await desk.api.conversations('?status=all&limit=100')).data.find(({ customer }) => customer.channel === 'mobile')?.id);
    await page.goto(`${desk.server.url}/c/${id}?in=all`);
    await composer().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Attach', exact: true }).count(), 0);
    await page.getByRole('button', { name: 'Add photos' }).waitFor();
    assert.equal(await page.getByTestId('record-button').count(), 0);
    await composer().click();
    await page.keyboard.type('hi');
    assert.equal(await page.getByRole('button', { name: 'Send options' }).count(), 0);
    await drop([{ name: 'a.pdf', type: 'application/pdf', text: '%PDF' }, { name: 'ok.jpg', type: 'image/jpeg' }]);
    await page.getByText('Not added: a.pdf. Only photos can be sent here').waitFor();
    await page.getByRole('img', { name: 'ok.jpg' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'hi' }).waitFor();
    await until('it is sent', async () => (await desk.api.history(id)).some(({ kind, delivery }) => kind === 'photo' && delivery === 'sent'));
  });

  test('the console has no errors or policy violations', () => assertSilent(desk.complaints));
});
