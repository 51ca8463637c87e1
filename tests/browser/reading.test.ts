// A long unread history opens at the first unread message, and only messages that were on the screen count as read.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import { assertSilent, axe, DESKTOP, PHONE } from './browser.ts';
import { Fixture, rowOf } from './fixture.ts';

const LINES = 160;

describe('reading', () => {
  let desk: Fixture;
  let page: Page;
  const people: Record<string, { who: { id: number }; id: number }> = {};

  /** A customer with a long unread history. */
  const talker = async (name: string, lines = LINES): Promise<number> => {
    const person = await desk.customer(name, 'line 0');
    people[name] = person;
    await desk.sim.burst({ count: lines, customer_ids: [person.who.id], text: 'line {n}' });
    await until('all have come', async () => (await desk.api.conversation(person.id)).inbound_count === lines + 1, 30_000);
    return person.id;
  };
  const unread = async (id: number): Promise<number> => {
    const { inbound_count, read_count } = await desk.api.conversation(id);
    return inbound_count - (read_count ?? 0);
  };
  const open = async (p: Page, id: number): Promise<void> => {
    await p.goto(`${desk.server.url}/c/${id}?in=all`);
    await p.getByTestId('message').first().waitFor();
  };
  /** The visible texts, from top to bottom. */
  const inSight = (p: Page): Promise<string[]> =>
    p.evaluate(() => {
      const { top, bottom } = document.querySelector('[role=log]')!.getBoundingClientRect();
      return [...document.querySelectorAll<HTMLElement>('[data-testid=message]')]
        .map((element) => ({ box: element.getBoundingClientRect(), text: element.querySelector('.rich, p, span')?.textContent ?? element.textContent ?? '' }))
        .filter(({ box }) => box.top >= top - 1 && box.bottom <= bottom + 8)
        .sort((a, b) => a.box.top - b.box.top)
        .map(({ text }) => /line \d+/.exec(text)?.[0] ?? text);
    });
  /** Scrolls down screen by screen, like a reader, until the button to the newest message disappears. */
  const readOn = (p: Page): Promise<void> =>
    p.evaluate(async () => {
      const log = document.querySelector<HTMLElement>('[role=log]')!;
      const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
      log.dispatchEvent(new WheelEvent('wheel', { bubbles: true }));
      const stop = performance.now() + 20_000;
      for (let still = 0; still < 20 && performance.now() < stop; ) {
        const before = log.scrollTop;
        log.scrollTop += log.clientHeight / 2;
        await frame();
        await frame();
        still = log.scrollTop === before && !document.querySelector('[data-testid=to-newest]') ? still + 1 : 0;
      }
    });

  before(async () => {
    desk = await Fixture.start();
    page = desk.page;
  });
  after(() => desk?.stop());

  for (const [where, viewport] of [['a desk', DESKTOP], ['a phone', PHONE]] as const)
    test(`on ${where} it opens at the first unread message, and the rest stays unread until it is shown`, async () => {
      const p = await desk.otherPage({ viewport });
      const id = await talker(where === 'a desk' ? 'Anna' : 'Bert');
      await open(p, id);
      await p.getByRole('separator', { name: 'New messages' }).waitFor();
      await until('something is read', async () => (await unread(id)) < LINES + 1);
      assert.equal((await inSight(p))[0], 'line 0');
      const seen = (await inSight(p)).length;
      const left = await unread(id);
      assert.ok(left >= LINES + 1 - seen - 1 && left > 0, `${seen} were in sight, ${left} are left`);
      assert.equal((await p.getByTestId('to-newest').textContent())?.trim(), `${left} new messages`);
      if (viewport === DESKTOP) assert.deepEqual(await axe(p), []);
      await readOn(p);
      await until('all is read', async () => (await unread(id)) === 0);
      assert.equal((await inSight(p)).at(-1), `line ${LINES}`);
      await p.context().close();
    });

  test('when it is opened again, it continues after the last read message', async () => {
    const id = await talker('Cleo');
    const history = (await desk.api.history(id)).filter(({ direction }) => direction === 'in');
    await desk.api.act(id, 'read', { message_id: history[79]!.id });
    await open(page, id);
    const line = page.getByRole('separator', { name: 'New messages' });
    await line.waitFor();
    await until('the first unread is on top', async () => (await inSight(page))[0] === 'line 80');
    await page.getByRole('log').hover();
    await page.mouse.wheel(0, -600);
    await until('what was read is above', async () => (await inSight(page)).includes('line 79'));
    assert.ok((await unread(id)) > 0);
  });

  test('the button to the newest message goes there at once, past pages that are not loaded', async () => {
    const id = await talker('Dora');
    await open(page, id);
    await page.getByTestId('to-newest').waitFor();
    await page.getByTestId('to-newest').click();
    await until('the newest is in sight', async () => (await inSight(page)).at(-1) === `line ${LINES}`);
    await page.getByTestId('to-newest').waitFor({ state: 'detached' });
    await until('it is read', async () => (await unread(id)) === 0);
    await desk.sim.text(people['Dora']!.who as any, 'line 999');
    await until('what is written now follows', async () => (await inSight(page)).at(-1) === 'line 999');
  });

  test('an answer that is sent from the middle is shown at the end', async () => {
    const id = await talker('Emil');
    await open(page, id);
    await page.getByTestId('to-newest').waitFor();
    await page.getByTestId('composer').click();
    await page.keyboard.type('An answer');
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'An answer' }).waitFor();
    await until('it stands under the newest', async () => (await inSight(page)).slice(-2).join() === [`line ${LINES}`, 'An answer'].join());
  });

  test('messages that arrive while the tab is hidden stay unread', async () => {
    const { who, id } = await desk.customer('Finn', 'line 1');
    await page.goto(`${desk.server.url}/c/${id}?in=all`);
    await until('it is read', async () => (await unread(id)) === 0);
    await page.evaluate(() => {
      Object.defineProperty(document, 'hasFocus', { value: () => false, configurable: true });
      dispatchEvent(new Event('blur'));
    });
    await desk.sim.text(who, 'line 2');
    await page.getByTestId('message').filter({ hasText: 'line 2' }).waitFor();
    await rowOf(page, 'Finn').filter({ hasText: '1 unread message' }).waitFor();
    assert.equal(await unread(id), 1);
    await page.evaluate(() => {
      Object.defineProperty(document, 'hasFocus', { value: () => true, configurable: true });
      dispatchEvent(new Event('focus'));
    });
    await until('it is read once someone looks', async () => (await unread(id)) === 0);
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});
