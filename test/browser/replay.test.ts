/// <reference lib="dom" />
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ServerMessage } from '../../visualize/live-protocol.js';
import { hasBrowser, openBrowser, openPage } from './browser.js';
import { test } from '../blackbox/colony.js';
import { command, ncolony } from '../blackbox/command.js';
import { ask } from '../blackbox/looking.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGTERM');
});

/** Runs a command that serves a page; resolves to the address that it prints. */
async function served(...words: string[]): Promise<URL> {
  const child = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return new URL(line);
}

const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ServerMessage);

test('--record writes down all that happens, and no environment value', async ({ colony }) => {
  const file = join(colony.root, 'flight.jsonl');
  const monitor = await colony.monitor('--record', file);
  colony.write('dies', { args: ['false'], env: { SECRET: 'canary-77aa' } });
  await colony.statusLike('dies', { state: 'backing-off', restarts: 1 });
  await colony.stop(monitor);
  const messages = linesOf(file);
  expect(messages[0]).toMatchObject({ type: 'hello', monitor: { pid: monitor.pid } });
  const facts = messages.flatMap((message) => (message.type === 'changes' ? message.facts : []));
  const told = monitor.records.flatMap(({ type }) => (type === undefined ? [] : [type]));
  expect(facts.map(({ fact }) => fact.type)).toEqual(told);
  const events = messages.flatMap((message) => (message.type === 'flows' ? message.flows : []));
  expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['config.synced', 'process.exited']));
  expect(readFileSync(file, 'utf8')).not.toContain('canary-77aa');
  expect(statSync(file).mode & 0o777).toBe(0o600);

  // The next one goes on in it.
  await colony.stop(await colony.monitor('--record', file));
  expect(linesOf(file).slice(0, messages.length)).toEqual(messages);
  expect(linesOf(file).length).toBeGreaterThan(messages.length);
  expect(existsSync(`${file}.1`)).toBe(false);
});

test('what cannot be replayed is refused in one line', async ({ colony }) => {
  const file = join(colony.root, 'no-recording');
  writeFileSync(file, '{}\n');
  for (const [path, why] of [
    [file, 'is not a recording'],
    [`${file}-at-all`, 'there is no such file'],
  ] as const) {
    expect(await ncolony(['replay', path])).toEqual({ code: 2, stdout: '', stderr: `ncolony: ${path}: ${why}\n` });
  }
});

describe.skipIf(!hasBrowser)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  test('of a recording goes to any time of it', async ({ colony }) => {
    const file = join(colony.root, 'flight.jsonl');
    const monitor = await colony.monitor('--record', file);
    colony.write('api', { args: ['sleep', '1000'] });
    await monitor.fact('program.running', { name: 'api' });
    await colony.stop(monitor);
    const url = await served('replay', file);
    expect(await ask(url, '/recording', { host: 'evil.example' })).toMatchObject({ code: 421 });
    const { page, finish } = await openPage(browser, url);
    await page.locator('[data-name=api]').waitFor();
    const state = () => page.locator('[data-name=api] .state').textContent();
    expect(await state()).toBe('stopped');
    const running = monitor.facts('program.running', { name: 'api' })[0]!.time;
    const killing = monitor.facts('program.killing', { name: 'api' })[0]!.time;
    const slider = page.getByRole('slider', { name: 'Time' });
    const between = String(Math.round((running + killing) / 2));
    await slider.evaluate((element, value) => {
      const input = element as HTMLInputElement;
      input.step = '1';
      input.value = value;
      input.dispatchEvent(new Event('input'));
    }, between);
    // Changes of a tenth of a second are written down together.
    await expect.poll(state).not.toBe('stopped');
    await page.locator('[data-name=api]').click();
    await page.locator('.chart .state[data-active]').waitFor();
    await slider.press('End');
    await expect.poll(() => page.locator('.pill').textContent()).toBe('stopped');
    expect(await page.locator('.facts').textContent()).toContain('stopped (shutdown)');
    expect(await page.locator('#link').textContent()).toBe('replay');
    await page.keyboard.press('2');
    await page.getByRole('button', { name: 'program/api', exact: true }).waitFor();
    await finish();
  });

  test('of the playground runs the real machines in simulated time', async () => {
    const { page, finish } = await openPage(browser, await served('playground'));
    const becomes = (state: string) => expect.poll(() => page.locator('.pill').textContent()).toBe(state);
    await page.getByLabel('Time', { exact: true }).selectOption('0');
    const next = page.getByRole('button', { name: 'to the next timer' });
    await becomes('starting');
    await expect
      .poll(async () => {
        await next.click();
        return page.locator('.pill').textContent();
      })
      .toBe('running');
    await page.getByRole('button', { name: 'dies now' }).click();
    await becomes('starting');
    await next.click();
    await page.getByRole('button', { name: 'dies now' }).click();
    await becomes('backing-off');
    expect(await page.locator('.countdown-number').textContent()).toBe('1.0 s');
    await next.click();
    await becomes('starting');
    await page.getByLabel('ignores TERM').check();
    await next.click();
    await page.getByRole('button', { name: 'config changes' }).click();
    await becomes('killing');
    expect(await page.locator('.countdown-number').textContent()).toBe('5.0 s');
    await page.getByLabel('Time', { exact: true }).selectOption('10');
    await expect.poll(() => page.locator('.facts').textContent()).toContain('sent SIGKILL');
    await becomes('running');
    await page.getByRole('button', { name: 'stop', exact: true }).click();
    await becomes('stopped');
    await page.getByRole('button', { name: 'start', exact: true }).click();
    await becomes('running');
    await finish();
  });

  test('of the playground fits a phone, with all that can be pressed', async () => {
    const viewport = { width: 390, height: 844 };
    const { page, finish } = await openPage(browser, await served('playground'), { viewport });
    await page.getByRole('button', { name: 'config changes' }).waitFor();
    const cut = await page.evaluate(() =>
      Array.from(document.querySelectorAll<HTMLElement>('.player button, .link'), (each) => ({
        text: each.textContent,
        isHigh: each.scrollHeight > each.clientHeight,
        right: each.getBoundingClientRect().right,
      })).filter(({ isHigh, right }) => isHigh || right > innerWidth - 12),
    );
    expect(cut).toEqual([]);
    await finish();
  });
});
