// The page that shows what files take and where they lie, and its two limits.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent, axe, PHONE } from './browser.ts';
import { Fixture } from './fixture.ts';

describe('the storage page', () => {
  let desk: Fixture;
  let id: number;
  before(async () => {
    desk = await Fixture.start();
    ({ id } = await desk.customer('Petra'));
    const form = new FormData();
    form.append('kind', 'document');
    form.append('files', new Blob([randomBytes(1_500_000)]), 'plan.bin');
    await desk.api.reply(id, form);
  });
  after(() => desk?.stop());

  test('shows what is used, by kind, and where it lies', async () => {
    const { page, server } = desk;
    await page.goto(`${server.url}/settings/storage`);
    await page.getByTestId('storage-used').getByText('1.5 MB', { exact: true }).waitFor();
    await page.getByText('1 file · 1.5 MB').waitFor();
    await page.getByText('used, without a limit').waitFor();
    await page.getByText('Thumbnails').waitFor();
    // Without a quota the bar stands for the disk, which is not full.
    const bar = page.getByTestId('storage-bar');
    const [whole, filled] = [(await bar.boundingBox())!.width, (await bar.locator('span').first().boundingBox())!.width];
    assert.ok(filled < whole / 2, `${filled} of ${whole}`);
    await page.getByTestId('storage-place').getByText('On the server’s disk').waitFor();
    assert.deepEqual(await axe(page), []);
  });

  test('a quota below what is used warns before and after it is saved', async () => {
    const { page } = desk;
    await page.getByLabel('Space for files, in MB').fill('1 x');
    await page.getByText('More than that is in use already').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('of 1 MB', { exact: true }).waitFor();
    await page.getByRole('alert').filter({ hasText: 'no new files are accepted' }).waitFor();
    assert.equal((await desk.api.call('GET', '/api/storage')).quota_mb, 1);
    await page.getByLabel('Space for files, in MB').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('used, without a limit').waitFor();
  });

  test('a time for which files are kept is confirmed, and a removed file says so in the conversation', async () => {
    const { page, server } = desk;
    await page.getByLabel('Keep files for, in days').fill('30');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByText('Delete files older than 30 days?').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await desk.api.call('GET', '/api/storage')).kept_days, 0);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Delete old files' }).click();
    await until('it is saved', async () => (await desk.api.call('GET', '/api/storage')).kept_days === 30);
    await page.goto(`${server.url}/c/${id}?in=all`);
    await page.getByTestId('piece').getByText('plan.bin').waitFor();
    server.query('UPDATE file SET created_at = 1');
    server.query("UPDATE job SET due_at = 0 WHERE kind = 'file.remove'");
    await desk.api.call('PATCH', '/api/storage', { kept_days: 29 }); // a write wakes the jobs
    const failed = page.getByTestId('file-failed').filter({ hasText: 'Deleted: files are kept for a limited time' });
    await failed.waitFor();
    assert.equal(await failed.getByRole('button').count(), 0, 'there is nothing to fetch again');
  });

  test('fits a phone in Russian and in the dark theme', async () => {
    const page = await desk.otherPage({ viewport: PHONE, locale: 'ru-RU', colorScheme: 'dark', hasTouch: true });
    await page.goto(`${desk.server.url}/settings/storage`);
    await page.getByRole('heading', { name: 'Хранилище' }).waitFor();
    await page.getByTestId('storage-used').waitFor();
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
    assert.deepEqual(await axe(page), []);
    await page.close();
    assertSilent(desk.complaints);
  });
});
