// Two operators press Take at the same moment.
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent, signIn } from './browser.ts';
import { Fixture } from './fixture.ts';

describe('taking at the same moment', () => {
  let desk: Fixture;
  before(async () => void (desk = await Fixture.start()));
  after(() => desk?.stop());

  test('the slower one gets a question with the name of the faster one', async () => {
    const { page, server, api } = desk;
    await api.call('POST', '/api/operators', { login: 'mira', name: 'Mira Kovac', password: 'a calm blue river', role: 'operator' });
    const theirs = await desk.newPage(await desk.browser.newContext({ locale: 'en-GB' }));
    await signIn(theirs, server.url, 'mira', 'a calm blue river');
    const { id } = await desk.customer('Lou');
    for (const p of [theirs, page]) {
      await p.goto(`${server.url}/c/${id}`);
      await p.getByRole('button', { name: 'Take', exact: true }).waitFor();
    }
    await page.route('**/take', async (route) => {
      await theirs.getByRole('button', { name: 'Take', exact: true }).click();
      await until('she has it', async () => (await api.conversation(id)).assignee_id !== null);
      await route.continue();
    }, { times: 1 });
    await page.getByRole('button', { name: 'Take', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This conversation is assigned to Mira Kovac. Take it over?').waitFor();
    await dialog.getByRole('button', { name: 'Take over' }).click();
    await until('it changed hands', async () => (await api.conversation(id)).assignee_id === api.operator.id);
    assertSilent(desk.complaints);
  });
});
