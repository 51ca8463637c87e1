// Formatting as one sees it: what the field shows is what the customer gets. Shortcuts, formatted text that is pasted, quotes that fold,
// code with its language.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { assertSilent, axe } from './browser.ts';
import { Fixture } from './fixture.ts';

interface Said {
  text: string;
  entities: string[];
}

describe('formatting', () => {
  let desk: Fixture;
  let page: Page;
  let anna: { who: Customer; id: number };
  const composer = (): Locator => page.getByTestId('composer');

  const empty = async (): Promise<void> => {
    await composer().click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
  };
  const paste = (kinds: Record<string, string>): Promise<void> =>
    page.evaluate((given) => {
      const data = new DataTransfer();
      for (const [type, value] of Object.entries(given)) data.setData(type, value);
      document.querySelector('[data-testid=composer]')!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, kinds);
  /** Sends what is in the field and tells what came: the text, and each piece of formatting with its words. */
  const sent = async (): Promise<Said> => {
    const mark = await desk.sim.lastCall();
    await page.keyboard.press('Enter');
    await desk.sim.wait({ after: mark, method: 'sendMessage' });
    const { message } = (await desk.sim.transcript(anna.who.id)).messages.findLast(({ side }) => side === 'bot')!;
    const text = message['text'] as string;
    const entities = (message['entities'] ?? []) as { type: string; offset: number; length: number; url?: string; language?: string }[];
    return { text, entities: entities.map(({ type, offset, length, url, language }) => `${type}${url ? ` ${url}` : ''}${language ? ` ${language}` : ''}: ${text.slice(offset, offset + length)}`).sort() };
  };

  before(async () => {
    desk = await Fixture.start();
    page = desk.page;
    anna = await desk.customer('Anna');
    await page.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await composer().waitFor();
  });
  after(() => desk?.stop());

  const pages: [why: string, html: string, text: string, entities: string[]][] = [
    ['an office document', '<html><head><style>p{margin:0}</style></head><body><p style="font-weight:700">Title</p><p>Some <i>slanted</i> and <span style="text-decoration: underline">underlined</span> words</p></body></html>', 'Title\n\nSome slanted and underlined words', ['bold: Title', 'italic: slanted', 'underline: underlined']],
    ['a web page with links', '<p>See <a href="https://example.com/a">the page</a> or <a href="javascript:alert(1)">not this</a>.</p>', 'See the page or not this.', ['text_link https://example.com/a: the page']],
    ['lists', '<ul><li><b>One</b></li><li>Two</li></ul><ol><li>First</li><li>Second</li></ol>', '• One\n• Two\n\n1. First\n2. Second', ['bold: One']],
    ['code of a forum', '<p>Run</p><pre><code class="language-sql">select *\n  from t</code></pre>', 'Run\n\nselect *\n  from t', ['pre sql: select *\n  from t']],
    ['a document that switches bold off', '<b style="font-weight:normal">plain <b>bold</b></b>', 'plain bold', ['bold: bold']],
    ['a quote in a mail', '<blockquote>They said</blockquote><p>I <s>think</s> know</p>', 'They said\n\nI think know', ['blockquote: They said', 'strikethrough: think']],
  ];
  for (const [why, html, text, entities] of pages)
    test(`pasted: ${why}`, async () => {
      await empty();
      await paste({ 'text/html': html, 'text/plain': 'plain' });
      await until('it is there', async () => ((await composer().textContent()) ?? '').length > 2);
      assert.deepEqual(await sent(), { text, entities });
    });

  test('what is pasted without formatting stays as the program gave it, and one undo takes it back', async () => {
    await empty();
    await paste({ 'text/html': '<div><span style="color:red">const a = 1</span></div>', 'text/plain': '  const a = 1' });
    await until('it is there', async () => (await composer().textContent()) === '  const a = 1');
    await page.keyboard.press('Control+z');
    await until('it is gone', async () => (await composer().textContent()) === '');
  });

  test('scripts and pictures of a pasted page do nothing', async () => {
    await empty();
    await paste({ 'text/html': '<b>safe</b><img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script><iframe src="https://example.com"></iframe>', 'text/plain': 'safe' });
    await until('it is there', async () => (await composer().textContent()) === 'safe');
    assert.equal(await composer().locator('img, iframe, script').count(), 0);
    assert.notEqual(await page.title(), 'broken');
  });

  test('every format by its key or button, and code with its language', async () => {
    const keys: [string, string][] = [['Control+b', 'bold'], ['Control+i', 'italic'], ['Control+u', 'underline'], ['Control+Shift+X', 'strikethrough'], ['Control+Shift+P', 'spoiler'], ['Control+Shift+M', 'code'], ['Control+Shift+9', 'blockquote'], ['Control+Shift+8', 'expandable_blockquote']];
    for (const [key, type] of keys) {
      await empty();
      await page.keyboard.type('words');
      await page.keyboard.press('Control+a');
      await page.keyboard.press(key);
      assert.deepEqual(await sent(), { text: 'words', entities: [`${type}: words`] });
    }
    await empty();
    await page.getByRole('button', { name: 'Formatting' }).click();
    await page.keyboard.type('print(1)');
    await page.keyboard.press('Control+a');
    await page.getByRole('button', { name: 'Code block' }).click();
    await page.getByLabel('Language of the code').fill('Python');
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press('Enter');
    await composer().click();
    await page.keyboard.press('Control+Enter');
    await until('it has come', async () => (await desk.sim.transcript(anna.who.id)).messages.at(-1)?.text === 'print(1)');
    assert.deepEqual((await desk.sim.transcript(anna.who.id)).messages.at(-1)!.message['entities'], [{ type: 'pre', offset: 0, length: 8, language: 'python' }]);
    await page.getByRole('button', { name: 'Formatting' }).click();
  });

  test('one quote takes the place of the other kind', async () => {
    await empty();
    await page.keyboard.type('words');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+Shift+9');
    await page.keyboard.press('Control+Shift+8');
    assert.deepEqual((await sent()).entities, ['expandable_blockquote: words']);
  });

  test('the console has no errors or policy violations', () => assertSilent(desk.complaints));
});
