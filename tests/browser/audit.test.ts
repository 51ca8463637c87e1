// The audit log for administrators: who did what, loaded page by page, and updated live.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent, axe, PHONE, signIn } from './browser.ts';
import { Fixture } from './fixture.ts';

const MIRA = { login: 'mira', name: 'Mira Kovac', password: 'a calm blue river' };

describe('the audit log', () => {
  let desk: Fixture;
  let mira: number;
  before(async () => {
    desk = await Fixture.start();
    const made = await desk.api.call('POST', '/api/operators', { ...MIRA, role: 'operator' }) as { operator: { id: number } };
    mira = made.operator.id;
    await desk.api.call('PATCH', `/api/operators/${mira}`, { role: 'senior_operator' });
    await desk.api.call('PATCH', '/api/settings', { greeting: 'Welcome!' });
  });
  after(() => desk?.stop());

  const entries = () => desk.page.getByTestId('audit-entry');
  const shows = (text: RegExp): Promise<void> => entries().filter({ hasText: text }).first().waitFor();
  const choose = (name: string): Promise<void> => desk.page.getByText(name, { exact: true }).click();

  test('shows who did what, newest first, and updates live', async () => {
    const { page, server, api } = desk;
    await page.goto(`${server.url}/settings/audit`);
    await shows(/Administrator.*Changed the settings/s);
    await shows(/Changed the account of .*Mira Kovac.*Senior operator · /s);
    await shows(/Added .*Mira Kovac/s);
    await shows(/The server.*Added .*Administrator/s);
    const ids = await entries().evaluateAll((rows) => rows.map((row) => Number((row as any).dataset.id)));
    assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
    assert.deepEqual(await axe(page), []);
    await api.call('POST', `/api/operators/${mira}/reset-password`);
    await shows(/Reset the password of .*Mira Kovac/s);
  });

  test('can be filtered to changes or sign-ins, and loads older entries', async () => {
    const { page, server } = desk;
    server.query(Array.from({ length: 120 }, (_, i) => `INSERT INTO audit (actor, actor_id, action, address, created_at) VALUES ('operator', 1, 'operator.signed_in', '10.0.0.${i}', ${i + 1})`).join(';'));
    await page.reload();
    await shows(/Signed in/);
    await choose('Changes');
    await shows(/Changed the settings/);
    await until('no sign-in is shown', async () => (await entries().filter({ hasText: 'Signed in' }).count()) === 0);
    await choose('Sign-ins');
    await until('sign-ins alone', async () => (await entries().count()) === 50 && (await entries().filter({ hasText: 'Signed in' }).count()) === 50);
    await page.getByRole('button', { name: 'Load more' }).click();
    await until('a hundred are shown', async () => (await entries().count()) === 100);
    await page.getByRole('button', { name: 'Load more' }).click();
    await page.getByRole('button', { name: 'Load more' }).waitFor({ state: 'detached' });
    assert.ok((await entries().count()) > 120);
  });

  test('is visible to administrators only', async () => {
    await desk.api.call('POST', '/api/operators', { login: 'otto', name: 'Otto Frank', role: 'operator', password: 'correct horse battery' });
    const otto = await desk.server.signIn({ login: 'otto', password: 'correct horse battery' });
    assert.equal((await otto.refusal('GET', '/api/audit')).status, 403);
    const page = await desk.newPage(await desk.browser.newContext({ locale: 'en-GB' }));
    await signIn(page, desk.server.url, 'otto', 'correct horse battery');
    await page.goto(`${desk.server.url}/settings/audit`);
    await page.waitForURL((url) => url.pathname !== '/settings/audit');
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    assert.equal(await page.getByText('Audit log').count(), 0);
    await page.close();
  });

  test('fits a phone in Russian and in the dark theme', async () => {
    const page = await desk.otherPage({ viewport: PHONE, locale: 'ru-RU', colorScheme: 'dark', hasTouch: true });
    await page.goto(`${desk.server.url}/settings/audit`);
    await page.getByRole('heading', { name: 'Журнал действий' }).waitFor();
    await page.getByText('Изменения', { exact: true }).click();
    await page.getByTestId('audit-entry').filter({ hasText: 'Сброс пароля' }).waitFor();
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
    assert.deepEqual(await axe(page), []);
    await page.close();
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});
