// Background work that was given up stands with the failed messages, for administrators, until it is tried again or dismissed.
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent } from './browser.ts';
import { Fixture } from './fixture.ts';

describe('background work that was given up', () => {
  let desk: Fixture;
  before(async () => void (desk = await Fixture.start()));
  after(() => desk?.stop());

  test('says what it was and why, and goes when it is tried again or dismissed', async () => {
    const { page, server } = desk;
    await until('the first round is done', () => server.query("SELECT count(*) FROM job WHERE state <> 'ready' OR due_at = 0")[0] === '0');
    for (const kind of ['prune.audit', 'prune.raw'])
      server.query(`INSERT INTO job (kind, queue, state, priority, due_at, attempts, subject, unique_key, error_code, error, created_at, updated_at) VALUES ('${kind}', 'desk', 'dead', 2, 0, 12, 'none', 'desk', 'internal', 'The disk is full.', 1, 1)`);
    await page.goto(`${server.url}/settings/failed`);
    await page.getByRole('heading', { name: 'Background work' }).waitFor();
    const audit = page.getByTestId('dead-job').filter({ hasText: 'Deleting old audit entries' });
    await audit.getByText('The disk is full.').waitFor();
    await audit.getByRole('button', { name: 'Try again' }).click();
    await audit.waitFor({ state: 'detached' });
    await until('it was done', () => server.query("SELECT count(*) FROM job WHERE kind = 'prune.audit' AND state = 'ready' AND due_at > 0")[0] === '1');
    await page.getByTestId('dead-job').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'Background work' }).waitFor({ state: 'detached' });
    assertSilent(desk.complaints);
  });
});
