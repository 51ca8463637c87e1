// Shared by all browser tests: Debian's Chromium, the collected console errors, axe, and signing in.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ADMIN } from '../harness/server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** A microphone that beeps, to which the browser agrees by itself. */
export const MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

export const launch = (flags: readonly string[] = []): Promise<Browser> => chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [...FLAGS, ...flags] });

/** Collects errors of the page: in the console, violations of the content security policy, exceptions. */
export function watch(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    // Tests restart servers and cause refusals on purpose; every other error is a defect.
    if (message.type() === 'error' && !/WebSocket|Failed to load resource|ERR_CONNECTION/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
}

/** The violations that axe finds in the page, after its animations have ended. */
export async function axe(page: Page): Promise<string[]> {
  await page.waitForFunction(() => document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect?.getComputedTiming().iterations === Infinity));
  // Through the protocol, since the page's content security policy forbids a script element.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    // A tooltip repeats the name of its element, so it needs no landmark; whether one is shown depends on where the mouse is.
    const result = await (globalThis as any).axe.run({ exclude: [['[role=tooltip]']] }, { resultTypes: ['violations'] });
    return result.violations.map((v: any) => `${v.id} (${v.impact}): ${v.nodes.map((n: any) => n.target.join(' ')).slice(0, 3).join('; ')}`) as string[];
  });
}

export async function fillSignIn(page: Page, url: string, login: string, password: string): Promise<void> {
  await page.goto(url);
  const form = page.getByTestId('login-form');
  await form.waitFor();
  await form.locator('input').first().fill(login);
  await form.locator('input[type=password]').fill(password);
  await page.keyboard.press('Enter');
}

export async function signIn(page: Page, url: string, login = ADMIN.email, password = ADMIN.password): Promise<void> {
  await fillSignIn(page, url, login, password);
  await page.getByTestId('bot-state').waitFor();
}

/** Opens a conversation from the list of all. */
export async function openChat(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: /^(all|все)/i }).first().click();
  await page.getByTestId('conversation-row').filter({ hasText: name }).first().click();
  await page.getByTestId('composer').waitFor();
}

export function assertSilent(complaints: readonly string[]): void {
  assert.deepEqual(complaints, []);
}
