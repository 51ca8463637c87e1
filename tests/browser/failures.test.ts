// Failures: undelivered messages and failed background jobs are listed on one page, counted in the navigation, and updated
// without a reload.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent, axe, PHONE } from './browser.ts';
import { Fixture } from './fixture.ts';

describe('failures', () => {
  let desk: Fixture;
  before(async () => {
    desk = await Fixture.start();
    await until('the first round is done', () => desk.server.query("SELECT count(*) FROM job WHERE state <> 'ready' OR due_at = 0")[0] === '0');
  });
  after(() => desk?.stop());

  const count = (): ReturnType<typeof desk.page.getByTestId> => desk.page.getByRole('navigation').getByTestId('failed-count');
  const countIs = (n: string | null): Promise<unknown> =>
    until(`the navigation counts ${n}`, async () => (n === null ? (await count().count()) === 0 : (await count().count()) === 1 && (await count().innerText()).startsWith(n)));
  const given = (kind: string, queue = 'desk'): void =>
    void desk.server.query(`INSERT INTO job (kind, queue, state, priority, due_at, attempts, subject, unique_key, error_code, error, created_at, updated_at) VALUES ('${kind}', '${queue}', 'dead', 2, 0, 12, 'none', '${queue}', 'internal', 'The disk is full.', 1, 1)`);

  test('without failures the page says so, and the navigation has no number', async () => {
    await desk.page.goto(`${desk.server.url}/settings/failed`);
    await desk.page.getByText('Nothing has failed').waitFor();
    await countIs(null);
  });

  test('a failed job appears at once, on every page, and disappears when it succeeds', async () => {
    const { page, server, sim } = desk;
    await page.goto(`${server.url}/inbox/waiting`);
    await page.getByTestId('list-tabs').waitFor();
    server.query('ALTER TABLE audit RENAME TO audit_away');
    server.query("UPDATE job SET attempts = 11, due_at = 1 WHERE kind = 'prune.audit' AND state = 'ready'");
    await sim.text(await sim.customer({ first_name: 'Waker' }), 'A write wakes whoever works.');
    await countIs('1');
    await page.getByRole('navigation').getByRole('link', { name: /Failures/ }).click();
    const job = page.getByTestId('dead-job').filter({ hasText: 'Deleting old audit entries' });
    await job.waitFor();
    assert.equal(await page.getByText('Nothing has failed').count(), 0, 'all is not well');
    server.query('ALTER TABLE audit_away RENAME TO audit');
    await job.getByRole('button', { name: 'Try again' }).click();
    await job.waitFor({ state: 'detached' });
    await until('it was done', () => server.query("SELECT count(*) FROM job WHERE kind = 'prune.audit' AND state = 'ready' AND due_at > 1")[0] === '1');
    await page.getByText('Nothing has failed').waitFor();
    await countIs(null);
  });

  test('every kind is in one of the two lists; another panel sees when an entry is removed', async () => {
    const { page, sim, api } = desk;
    const { id } = await desk.customer('Nora');
    await sim.fault({ kind: 'status', method: 'sendMessage', count: 1, code: 400, description: 'Bad Request: the harbour is frozen' });
    await api.reply(id, { text: 'It leaves on Monday.' });
    await countIs('1');
    given('prune.raw');
    given('push', 'push');
    given('file.fetch', 'file/telegram/1');
    await page.reload();
    await countIs('4');
    await page.getByRole('heading', { name: 'Undelivered messages' }).waitFor();
    await page.getByRole('heading', { name: 'Background work' }).waitFor();
    for (const name of ['Deleting updates kept as received', 'Sending a push message', 'Fetching a file from Telegram'])
      await page.getByTestId('dead-job').filter({ hasText: name }).getByText('The disk is full.').waitFor();
    await page.getByTestId('dead-letter').getByText('the harbour is frozen').waitFor();
    assert.deepEqual(await axe(page), []);
    const { data } = await api.call('GET', '/api/dead-jobs') as { data: { id: number; kind: string }[] };
    await api.call('DELETE', `/api/dead-jobs/${data.find(({ kind }) => kind === 'push')!.id}`);
    await countIs('3');
    await page.getByTestId('dead-job').filter({ hasText: 'Deleting updates' }).getByRole('button', { name: 'Remove' }).click();
    await countIs('2');
    const letters = await api.call('GET', '/api/dead-letters') as { data: { id: number }[] };
    await api.call('DELETE', `/api/dead-letters/${letters.data[0]!.id}`);
    await countIs('1');
    await page.getByRole('heading', { name: 'Undelivered messages' }).waitFor({ state: 'detached' });
    await page.getByTestId('dead-job').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Nothing has failed').waitFor();
  });

  test('name and number fit a phone in Russian', async () => {
    given('prune.raw');
    const page = await desk.otherPage({ viewport: PHONE, locale: 'ru-RU', colorScheme: 'dark', hasTouch: true });
    await page.goto(`${desk.server.url}/settings/failed`);
    await page.getByRole('heading', { name: 'Фоновые задачи' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: /Сбои/ }).getByTestId('failed-count').waitFor();
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
    await page.close();
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});
