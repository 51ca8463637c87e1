// Takes the screenshots of the documents: the inbox on a desktop, and a chat on a phone in the dark theme. The customers are the
// demo's; the script sends one of them two replies, which she answers by herself.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';
import { DESKTOP, launch, openChat, PHONE, signIn } from './browser.ts';

const TOKEN = '123456:DEMO';
const CUSTOMER = 'Emma Clarke';
const STORIES_MS = 90_000;
const folder = process.argv[2] ?? 'docs/screenshots';

const sim = await Simulator.start({ tokens: [TOKEN], demo: true });
const server = await Server.start({ telegram: sim.url, token: TOKEN });
const browser = await launch();
try {
  const api = await server.signIn();
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await signIn(page, server.url);
  const hers = () => api.everyConversation().then((all) => all.find(({ customer }) => customer.name === CUSTOMER));
  const { id } = await until('her conversation', hers, STORIES_MS);
  const says = (words: string) =>
    until(`"${words}"`, async () => (await api.history(id)).some(({ direction, text }) => direction === 'in' && text.includes(words)), STORIES_MS);
  await says('I would prefer a replacement');
  await openChat(page, CUSTOMER);
  const reply = async (text: string): Promise<void> => {
    await page.getByTestId('composer').click();
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
  };
  await reply('Oh no, I am sorry about that, Emma! A replacement it is: you will have it in two days.');
  await says('Do I have to send the broken one back?');
  await reply('A new shade leaves our warehouse tomorrow morning. You can keep the cracked one: no need to send it back.');
  await says('Perfect, that works for me');
  await until('the other customers', async () => (await api.everyConversation()).length >= 8, STORIES_MS);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, 'inbox.png') });
  const { cookies } = await context.storageState();
  const phone = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 2, hasTouch: true, isMobile: true, locale: 'en-GB', colorScheme: 'dark', reducedMotion: 'reduce', storageState: { cookies, origins: [] } });
  const small = await phone.newPage();
  await small.goto(`${server.url}/c/${id}`);
  await small.getByText('Perfect, that works for me').waitFor();
  await small.waitForFunction(() => [...document.images].every((image) => image.complete));
  await small.screenshot({ path: join(folder, 'phone-dark.png') });
} finally {
  await browser.close();
  await server.stop();
  await sim.stop();
}
