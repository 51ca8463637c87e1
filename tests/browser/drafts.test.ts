// Drafts: text, photos and the quoted message are kept per conversation, over a reload; signing out removes them, in every tab
// at once. The type of a photo is recognised by its bytes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { ADMIN } from '../harness/server.ts';
import { assertSilent, axe, fillSignIn } from './browser.ts';
import { Fixture, opened, rowOf } from './fixture.ts';

describe('a draft', () => {
  let desk: Fixture;
  let page: Page;
  let anna: { who: Customer; id: number };
  let bert: { who: Customer; id: number };

  const composer = (p = page): Locator => p.getByTestId('composer');
  const says = (text: string, p = page): Promise<unknown> => until(`the field says ${text}`, async () => (await composer(p).textContent()) === text);
  const go = async (name: string, id: number): Promise<void> => {
    await rowOf(page, name).click();
    await opened(page, id);
    await composer().waitFor();
  };
  const clear = async (): Promise<void> => {
    await composer().click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
  };
  /** Drops files that the page makes: each is a JPEG, or the given text, with the given type. */
  const drop = async (files: readonly { name: string; type: string; text?: string }[], p = page): Promise<void> => {
    const transfer = await p.evaluateHandle(async (wanted) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [320, 240];
      const pen = canvas.getContext('2d')!;
      pen.fillStyle = '#18a673';
      pen.fillRect(0, 0, 320, 240);
      const jpeg = await new Promise<Blob>((resolve) => canvas.toBlob((made) => resolve(made!), 'image/jpeg'));
      const made = new DataTransfer();
      for (const { name, type, text } of wanted) made.items.add(new File([text ?? jpeg], name, { type }));
      return made;
    }, files);
    await p.locator('main').dispatchEvent('drop', { dataTransfer: transfer });
  };
  const photo = (name: string, p = page): Locator => p.getByRole('img', { name });
  /** What the browser stores; asked again if the page was being replaced, as at signing out. */
  const kept = (p: Page): Promise<{ words: string[]; files: number }> =>
    until('the page answers', () => keptNow(p).catch((why: Error) => !/context was destroyed/.test(why.message) && Promise.reject(why)));
  const keptNow = (p: Page): Promise<{ words: string[]; files: number }> =>
    p.evaluate(async () => {
      const words = Object.keys(localStorage).filter((key) => key.includes('draft'));
      const db = await new Promise<IDBDatabase>((resolve) => {
        const asked = indexedDB.open('switchboard', 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore('files');
        asked.onsuccess = () => resolve(asked.result);
      });
      const files = await new Promise<number>((resolve) => {
        const asked = db.transaction('files').objectStore('files').count();
        asked.onsuccess = () => resolve(asked.result);
      });
      db.close();
      return { words, files };
    });

  before(async () => {
    desk = await Fixture.start();
    page = desk.page;
    anna = await desk.customer('Anna', 'The first of four');
    for (const text of ['The second', 'The third', 'The fourth']) await desk.sim.text(anna.who, text);
    bert = await desk.customer('Bert');
    await page.goto(`${desk.server.url}/inbox/all`);
  });
  after(() => desk?.stop());

  test('keeps photo and text in other conversations, and is shown in the list', async () => {
    await go('Anna', anna.id);
    await drop([{ name: 'lamp.jpg', type: 'image/jpeg' }]);
    await photo('lamp.jpg').waitFor();
    await composer().click();
    await page.keyboard.type('caption of it');
    await go('Bert', bert.id);
    assert.equal(await photo('lamp.jpg').count(), 0);
    await says('');
    await rowOf(page, 'Anna').getByTestId('row-draft').filter({ hasText: 'caption of it' }).waitFor();
    await go('Anna', anna.id);
    await photo('lamp.jpg').waitFor();
    await says('caption of it');
    assert.deepEqual(await axe(page), []);
  });

  test('keeps them over a reload, even a photo alone', async () => {
    await page.reload();
    await photo('lamp.jpg').waitFor();
    await says('caption of it');
    await until('the picture is drawn', async () => photo('lamp.jpg').evaluate((img) => (img as HTMLImageElement).naturalWidth === 320));
    await clear();
    await go('Bert', bert.id);
    await rowOf(page, 'Anna').getByTestId('row-draft').filter({ hasText: 'Photo' }).waitFor();
    await page.reload();
    await rowOf(page, 'Anna').getByTestId('row-draft').filter({ hasText: 'Photo' }).waitFor();
    await go('Anna', anna.id);
    await photo('lamp.jpg').waitFor();
  });

  test('keeps the quoted message, and the answer quotes it', async () => {
    const first = page.getByTestId('message').filter({ hasText: 'The first of four' });
    await first.hover();
    await first.getByRole('button', { name: 'Message actions' }).click();
    await page.getByRole('menuitem', { name: 'Reply' }).click();
    await page.keyboard.type('To the first');
    await go('Bert', bert.id);
    await page.reload();
    await go('Anna', anna.id);
    await page.getByText('Reply to Anna Vogel').waitFor();
    await says('To the first');
    await photo('lamp.jpg').waitFor();
    await composer().click();
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'To the first' }).waitFor();
    const { messages } = await desk.sim.transcript(anna.who.id);
    const told = messages.at(-1)!;
    assert.equal(told.message['caption'], 'To the first');
    assert.equal(told.message['photo'].at(-1).width, 320);
    assert.equal(told.message['reply_to_message'].message_id, messages.find(({ text }) => text === 'The first of four')!.message_id);
    await says('');
    await until('nothing is kept of what was sent', async () => JSON.stringify(await kept(page)) === '{"words":[],"files":0}');
  });

  test('recognises a picture by its bytes, whatever type the browser reports', async () => {
    await drop([{ name: 'IMG_0001.JPG', type: '' }]);
    await photo('IMG_0001.JPG').waitFor();
    await drop([{ name: 'shot', type: 'application/octet-stream' }]);
    await photo('shot.jpg').waitFor();
    await drop([{ name: 'invoice.jpg', type: 'image/jpeg', text: '%PDF-1.7 no picture' }]);
    await page.getByTestId('tray-file').and(page.locator('[data-as=document]')).getByRole('img', { name: 'invoice.jpg' }).waitFor();
    await drop([{ name: 'whole.jpg', type: 'image/jpeg' }]);
    await photo('whole.jpg').waitFor();
    await page.getByRole('button', { name: 'Remove invoice.jpg' }).click();
    await photo('invoice.jpg').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove whole.jpg' }).click();
    await photo('whole.jpg').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await photo('whole.jpg').waitFor();
    await page.getByRole('button', { name: 'Remove whole.jpg' }).click();
    await photo('whole.jpg').waitFor({ state: 'detached' });
    await composer().click();
    await page.keyboard.press('Enter');
    await until('both are sent', async () => (await desk.api.history(anna.id)).filter(({ kind, delivery }) => kind === 'photo' && delivery === 'sent').length === 3);
  });

  test('is the same in two tabs, and disappears in both when it is sent', async () => {
    const other = await desk.newPage();
    await other.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await composer(other).waitFor();
    await page.bringToFront();
    await composer().click();
    await page.keyboard.type('from here');
    await drop([{ name: 'two.jpg', type: 'image/jpeg' }]);
    await says('from here', other);
    await photo('two.jpg', other).waitFor();
    await composer().click();
    await page.keyboard.press('Enter');
    await says('', other);
    await photo('two.jpg', other).waitFor({ state: 'detached' });
    await other.close();
  });

  test('loses no photo when another tab writes while the photo is being stored', async () => {
    const other = await desk.newPage();
    await other.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await composer(other).waitFor();
    // The test delays the storing of a file, so that the other tab writes without knowing the photo.
    await page.evaluate(() => {
      const put = IDBObjectStore.prototype.put;
      const held = new Promise<void>((go) => ((globalThis as any).storeNow = go));
      const commit = { done: false };
      void held.then(() => (commit.done = true));
      IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: [any, IDBValidKey?]) {
        const asked = put.apply(this, given);
        const spin = (): void => void (commit.done || (this.get('nothing').onsuccess = spin)); // keeps the transaction open
        spin();
        return asked;
      };
    });
    await page.bringToFront();
    await drop([{ name: 'slow.jpg', type: 'image/jpeg' }]);
    await photo('slow.jpg').waitFor();
    await composer().click();
    await page.keyboard.type('one');
    await says('one', other);
    await other.bringToFront();
    await composer(other).click();
    await other.keyboard.press('End');
    await other.keyboard.type(' two');
    await says('one two');
    await photo('slow.jpg').waitFor();
    await page.evaluate(() => (globalThis as any).storeNow());
    await photo('slow.jpg', other).waitFor();
    await drop([{ name: 'quick.jpg', type: 'image/jpeg' }], other);
    await photo('quick.jpg').waitFor();
    await page.reload();
    await photo('slow.jpg').waitFor();
    await photo('quick.jpg').waitFor();
    await says('one two');
    await page.getByRole('button', { name: 'Remove slow.jpg' }).click();
    await photo('slow.jpg', other).waitFor({ state: 'detached' });
    assert.equal(await photo('quick.jpg', other).count(), 1);
    await page.getByRole('button', { name: 'Remove quick.jpg' }).click();
    await clear();
    await says('', other);
    await until('nothing is kept', async () => JSON.stringify(await kept(page)) === '{"words":[],"files":0}');
    await other.close();
  });

  test('is removed at signing out, which ends every tab at once', async () => {
    const other = await desk.newPage();
    await other.goto(`${desk.server.url}/c/${bert.id}?in=all`);
    await composer(other).click();
    await other.keyboard.type('In the other tab');
    await page.bringToFront();
    await composer().click();
    await page.keyboard.type('In this tab');
    await drop([{ name: 'three.jpg', type: 'image/jpeg' }]);
    await photo('three.jpg').waitFor();
    await until('the photo is kept', async () => (await kept(page)).files === 1);
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('dialog', { name: 'Sign out and discard 2 drafts?' }).getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await kept(page)).words.length, 2);
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    for (const p of [page, other]) {
      await p.getByTestId('login-form').waitFor();
      assert.deepEqual(await kept(p), { words: [], files: 0 });
    }
    await other.close();
    await fillSignIn(page, desk.server.url, ADMIN.email, ADMIN.password);
    await page.getByTestId('conversation-list').waitFor();
    assert.equal(await page.getByTestId('row-draft').count(), 0);
    await page.goto(`${desk.server.url}/c/${anna.id}`);
    await says('');
  });

  test('belongs to its operator: another one who signs in after the session ended does not see it', async () => {
    await composer().click();
    await page.keyboard.type('Only mine');
    await until('it is kept', async () => (await kept(page)).words.length === 1);
    await desk.api.call('POST', '/api/operators', { login: 'mira', name: 'Mira Kovac', password: 'a calm blue river', role: 'operator' });
    await desk.context.clearCookies();
    await page.reload();
    await fillSignIn(page, `${desk.server.url}/c/${anna.id}`, 'mira', 'a calm blue river');
    await composer().waitFor();
    await says('');
    assert.deepEqual((await kept(page)).words, []);
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});
