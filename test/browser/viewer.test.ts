/// <reference lib="dom" />
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { hasBrowser, openBrowser, openPage } from './browser.js';
import { test, type Colony } from '../blackbox/colony.js';
import { command } from '../blackbox/command.js';
import { addressOf } from '../blackbox/looking.js';

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe-core holds against a page, as far as it is serious. */
async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<{ violations: Finding[] }>(`${axe.source}; axe.run()`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Resolves to the milliseconds of the page's clock at which a row's state becomes this one. */
const becomes = (page: Page, name: string, state: string) =>
  page.evaluate(
    ([row, wanted]) =>
      new Promise<number>((resolve) => {
        const look = () => {
          if (document.querySelector(`[data-name="${row}"] .state`)?.textContent !== wanted) return false;
          observer.disconnect();
          resolve(Date.now());
          return true;
        };
        const observer = new MutationObserver(look);
        if (!look()) observer.observe(document, { subtree: true, childList: true, characterData: true });
      }),
    [name, state] as const,
  );

/** What Stately's page does with what it is told, by Stately's own package. */
async function statelysReceiver(): Promise<string> {
  const contents = `
    import { createBrowserReceiver } from '@statelyai/inspect';
    globalThis.heard = [];
    createBrowserReceiver().subscribe(({ type, name, event }) => heard.push(type + ' ' + (name ?? event?.type)));
  `;
  const stdin = { contents, resolveDir: import.meta.dirname };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'iife', platform: 'browser' });
  return (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script');
}

/** A colony below: a program that is the monitor of another home. */
function colonyBelow(colony: Colony): void {
  const home = join(colony.root, 'edge');
  for (const path of ['conf', 'messages']) mkdirSync(join(home, path), { recursive: true });
  writeFileSync(join(home, 'conf', 'inner'), JSON.stringify({ args: ['sleep', '1000'], group: ['back'] }));
  colony.write('edge', {
    args: [process.execPath, command, 'monitor', '--home', home, '-t', '0.05'],
    'ncolony.colony': home,
  });
}

async function someColony(colony: Colony): Promise<void> {
  colony.write('api', {
    args: ['sh', '-c', 'echo serving; exec sleep 1000'],
    group: ['front'],
    env: { TOKEN: 'x1y2z3' },
  });
  colony.write('worker', { args: ['sleep', '1000'], group: ['back'] });
  colony.write('dies', { args: ['sh', '-c', 'echo no database >&2; exit 3'], group: ['back'] });
  colony.write('off', { args: ['sleep', '1'], 'ncolony.wanted': 'down' });
  colony.write('broken', '{"args": 7}');
  await colony.statusLike('api', { state: 'running' });
  await colony.statusLike('worker', { state: 'running' });
  await colony.statusLike('dies', { state: 'backing-off' });
  await colony.statusLike('off', { state: 'stopped' });
  await colony.statusLike('broken', { state: null });
}

/** A back-off long enough to be looked at. */
const slow = ['-t', '0.1', '-m', '30', '-M', '60'];

describe.skipIf(!hasBrowser)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  test('shows every program with its state, and lets one filter, sort and group them', async ({ colony }) => {
    const url = await addressOf(await colony.monitor('--http', '0', ...slow));
    await someColony(colony);
    const { page, finish } = await openPage(browser, url);
    const names = () => page.locator('.row .name').allTextContents();
    await page.locator('.row').nth(4).waitFor();
    expect(await names()).toEqual(['api', 'broken', 'dies', 'off', 'worker']);
    expect(await page.locator('.row .state').allTextContents()).toEqual([
      'running',
      'rejected',
      'backing-off',
      'stopped',
      'running',
    ]);
    expect(await page.locator('[data-name=dies] .note').textContent()).toMatch(/^next start in \d+ s$/);
    expect(await page.locator('[data-name=broken] .note').textContent()).toMatch(/^args: expected array/);

    await page.getByRole('searchbox').fill('BACK');
    expect(await names()).toEqual(['dies', 'worker']);
    await page.getByRole('searchbox').fill('');
    await page.getByLabel('Sort').selectOption('state');
    expect(await names()).toEqual(['dies', 'broken', 'off', 'api', 'worker']);
    await page.getByLabel('Sort').selectOption('name');
    await page.getByLabel('Group', { exact: true }).selectOption('group');
    expect(await page.locator('.group-head, .row .name').allTextContents()).toEqual([
      'back2',
      'dies',
      'worker',
      'front1',
      'api',
      'no group2',
      'broken',
      'off',
    ]);
    await page.getByRole('button', { name: /running/ }).click();
    expect(await names()).toEqual(['worker', 'api']);
    await finish();
  });

  test('shows the programs of a colony below the program that is its monitor', async ({ colony }) => {
    const url = await addressOf(await colony.monitor('--http', '0'));
    colonyBelow(colony);
    colony.write('web', { args: ['sleep', '1000'] });
    const { page, finish } = await openPage(browser, url);
    const inner = page.locator('[data-below=inner]');
    await expect.poll(() => inner.locator('.state').textContent(), { timeout: 20_000 }).toBe('running');
    expect(await page.locator('.row .name').allTextContents()).toEqual(['edge', 'inner', 'web']);
    expect(await inner.locator('.tag').allTextContents()).toEqual(['back']);
    expect(await inner.locator('.uptime').textContent()).toMatch(/ s$/);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('searchbox').fill('web');
    expect(await inner.count()).toBe(0);
    await finish();
  });

  test('says so where there is nothing to show', async ({ colony }) => {
    const { page, finish } = await openPage(browser, await addressOf(await colony.monitor('--http', '0')));
    await page.getByText('There is no program yet.').waitFor();
    for (const [hash, text] of [
      ['#/program/nobody', 'no such program'],
      ['#/program/%ff', 'no such program'],
      ['#/actors', 'Nothing was said since you came.'],
    ] as const) {
      await page.evaluate((there) => (location.hash = there), hash);
      await page.getByText(text).waitFor();
    }
    await page.evaluate(() => (location.hash = '#/program/%ff'));
    await page.getByRole('heading', { name: '%ff' }).waitFor();
    expect(await page.getByRole('region', { name: 'Statechart' }).count()).toBe(0);
    await finish();
  });

  test('shows a crash within 200 ms', async ({ colony }) => {
    const monitor = await colony.monitor('--http', '0', '-t', '60', '-m', '30', '-M', '60');
    colony.write('api', { args: ['sleep', '1000'] });
    const { pid } = await monitor.fact('program.started', { name: 'api' });
    const { page, finish } = await openPage(browser, await addressOf(monitor));
    await becomes(page, 'api', 'starting');
    const seen = becomes(page, 'api', 'backing-off');
    const killed = Date.now();
    process.kill(pid, 'SIGKILL');
    expect((await seen) - killed).toBeLessThan(200);
    await finish();
  });

  test('shows one program: its chart, what runs out, what it said, its file without values', async ({ colony }) => {
    const monitor = await colony.monitor('--http', '0', ...slow);
    const url = await addressOf(monitor);
    await someColony(colony);
    const { page, finish } = await openPage(browser, url);
    await page.locator('[data-name=dies]').click();
    await page.locator('.chart .state[data-active]').waitFor();
    expect(await page.locator('.chart .state').count()).toBe(5);
    expect(await page.locator('.chart .state[data-active] .title').textContent()).toBe('backing-off');
    expect(await page.locator('.chart .way[data-last]').getAttribute('data-to')).toBe('backing-off');
    expect(await page.locator('.chart .event[data-last]').textContent()).toContain('process.exited');
    const left = async () => Number.parseFloat((await page.locator('.countdown-number').textContent()) ?? '');
    const before = await left();
    expect(before).toBeGreaterThan(20);
    await expect.poll(left).toBeLessThan(before);
    await expect.poll(() => page.locator('.output [data-stream=stderr]').textContent()).toBe('no database\n');
    expect(await page.locator('.time-line rect[data-state=backing-off]').count()).toBe(1);
    expect(await page.locator('.orders button').count()).toBe(0);

    await page.getByRole('link', { name: '← All programs' }).click();
    await page.locator('[data-name=api]').click();
    await expect.poll(() => page.locator('.output').textContent()).toBe('serving\n');
    expect(await page.locator('.pill').textContent()).toBe('running');
    const config = page.getByRole('region', { name: 'Its file' });
    await expect.poll(() => config.textContent()).toContain('TOKEN');
    expect(await page.content()).not.toContain('x1y2z3');

    const { pid } = monitor.facts('program.started', { name: 'api' })[0]!;
    process.kill(pid, 'SIGKILL');
    await page.locator('.chart .way.moving').first().waitFor();
    await expect.poll(() => page.locator('.facts').textContent()).toContain('ended by SIGKILL');
    await finish();
  });

  test('shows who there is and what they say to each other, until it is told to pause', async ({ colony }) => {
    const monitor = await colony.monitor('--http', '0', '-t', '0.1');
    colony.write('api', { args: ['sleep', '1000'] });
    await monitor.fact('program.running', { name: 'api' });
    const { page, finish } = await openPage(browser, new URL('/#/actors', await addressOf(monitor)));
    await page.getByRole('button', { name: 'program/api', exact: true }).waitFor();
    const heard = () => page.locator('.flow .what').allTextContents();
    colony.send({ type: 'RESTART', name: 'api' });
    await expect.poll(heard).toEqual(expect.arrayContaining(['program.restart', 'process.terminate', 'process.gone']));
    await page.keyboard.press('p');
    const held = await heard();
    const from = monitor.now;
    colony.send({ type: 'RESTART', name: 'api' });
    await monitor.fact('program.running', { name: 'api' }, from);
    await expect.poll(() => page.locator('.about').textContent()).toMatch(/paused, [1-9]\d* since/);
    expect(await heard()).toEqual(held);
    await page.keyboard.press('p');
    await expect.poll(heard).not.toEqual(held);
    await page.getByRole('button', { name: 'signals', exact: true }).click();
    expect(await heard()).toEqual([]);
    await finish();
  });

  test('hands what is inspected to the page of Stately, when its link is clicked and not before', async ({
    colony,
  }) => {
    const file = join(colony.root, 'token');
    writeFileSync(file, 'a-token-of-24-characters');
    const monitor = await colony.monitor('--http', '0', '--http-token', file, '-t', '0.1');
    const url = await addressOf(monitor);
    colony.write('api', { args: ['sleep', '1000'] });
    await monitor.fact('program.running', { name: 'api' });
    const { pid } = monitor.facts('program.started', { name: 'api' })[0]!;
    const { page, complaints, finish } = await openPage(browser, url);
    const asked: string[] = [];
    const body = `<!doctype html><script>${await statelysReceiver()}</script>`;
    await page.context().route('https://stately.ai/**', (route) => {
      asked.push(route.request().url());
      return route.fulfill({ contentType: 'text/html', body });
    });
    await page.getByLabel('Token').fill('a-token-of-24-characters');
    await page.getByRole('button', { name: 'Look' }).click();
    await page.locator('[data-name=api]').waitFor();
    await page.keyboard.press('2');
    await page.getByRole('button', { name: 'program/api', exact: true }).waitFor();
    expect(asked).toEqual([]);
    const opened = page.context().waitForEvent('page');
    await page.getByRole('link', { name: /stately/ }).click();
    const inspector = await opened;
    const heard = () => inspector.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    await expect.poll(heard).toEqual(expect.arrayContaining(['@xstate.actor supervisor', '@xstate.actor program/api']));
    process.kill(pid, 'SIGKILL');
    await expect.poll(heard).toEqual(expect.arrayContaining(['@xstate.event process.exited']));
    expect(asked).toEqual(['https://stately.ai/inspect']);
    expect(complaints.filter((complaint) => !complaint.includes('401'))).toEqual([]);
    complaints.length = 0;
    await finish();
  });

  test('says that the connection is lost, shows nothing old as live, and says that it is back', async ({ colony }) => {
    const first = await colony.monitor('--http', '0', '-t', '0.1');
    const url = await addressOf(first);
    colony.write('api', { args: ['sleep', '1000'] });
    await first.fact('program.running', { name: 'api' });
    const { page, complaints, finish } = await openPage(browser, url);
    await becomes(page, 'api', 'running');
    await colony.stop(first);
    await page.getByText(/connection to the monitor is lost/).waitFor();
    expect(await page.locator('#link').textContent()).toBe('no connection');
    expect(await page.locator('html').getAttribute('data-link')).toBe('lost');
    const frozen = await page.locator('.uptime').textContent();
    await page.waitForTimeout(350);
    expect(await page.locator('.uptime').textContent()).toBe(frozen);

    colony.write('second', { args: ['sleep', '1000'] });
    await colony.monitor('--http', url.port, '-t', '0.1');
    await page.getByText(/connection is back/).waitFor();
    await page.locator('[data-name=second]').waitFor();
    expect(await page.locator('#link').textContent()).toBe('live');
    // That is how a browser tells of a connection that was refused.
    expect(complaints.filter((complaint) => !/ERR_CONNECTION_REFUSED|WebSocket|503/.test(complaint))).toEqual([]);
    complaints.length = 0;
    await finish();
  });

  test('can be used with the keyboard alone', async ({ colony }) => {
    const url = await addressOf(await colony.monitor('--http', '0', ...slow));
    await someColony(colony);
    const { page, finish } = await openPage(browser, url);
    await page.locator('.row').nth(4).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip');
    await page.keyboard.press('/');
    await page.keyboard.type('api');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'api', exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.row').nth(4).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset['name'])).toBe('broken');
    await page.keyboard.press('2');
    await page.getByRole('heading', { name: 'Messages' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await finish();
  });

  test.for([
    { width: 1280, height: 800, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
  ] as const)(
    'has no serious fault for axe-core, fits, and shows where a program is ($width px, $colorScheme)',
    async (look, { colony }) => {
      const monitor = await colony.monitor('--http', '0', ...slow, '--killtime', '8');
      const url = await addressOf(monitor);
      await someColony(colony);
      colony.write('deaf', { args: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'] });
      await monitor.fact('program.running', { name: 'deaf' });
      colony.send({ type: 'RESTART', name: 'deaf' });
      await monitor.fact('program.killing', { name: 'deaf' });
      const { width, height, colorScheme } = look;
      // Nothing that moves: colours are looked at as they will be.
      const { page, finish } = await openPage(browser, url, {
        viewport: { width, height },
        colorScheme,
        reducedMotion: 'reduce',
      });
      for (const [hash, sign] of [
        ['#/', '.row'],
        ...['deaf', 'dies', 'api', 'off'].map((name) => [`#/program/${name}`, '.chart .state[data-active]'] as const),
        ['#/program/broken', '.pill[data-state=rejected]'],
        ['#/actors', '.tree-row'],
      ] as const) {
        await page.evaluate((there) => (location.hash = there), hash);
        await page.locator(sign).first().waitFor();
        // axe-core is inserted as an inline script, which the page itself may not have: from outside it can.
        expect(await seriousFindings(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        if (!sign.includes('data-active')) continue;
        const state = page.locator('.chart .state[data-active]');
        await expect
          .poll(() =>
            state.evaluate((active) => {
              const box = active.getBoundingClientRect();
              return document.elementFromPoint(box.x + box.width / 2, box.bottom - 4)?.closest('.state') === active;
            }),
          )
          .toBe(true);
      }
      await finish();
    },
  );

  test('asks for the token, and orders what ctl would when that is allowed', async ({ colony }) => {
    const token = 'a-token-of-24-characters';
    const file = join(colony.root, 'token');
    writeFileSync(file, token);
    const monitor = await colony.monitor('--http', '0', '--http-token', file, '--http-control', '-t', '0.1');
    const url = await addressOf(monitor);
    colony.write('api', { args: ['sleep', '1000'] });
    await monitor.fact('program.running', { name: 'api' });
    const { page, complaints, finish } = await openPage(browser, url);
    await page.getByLabel('Token').fill('not-the-token-at-all');
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByText('This is not the token.').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Look' }).click();
    await page.locator('[data-name=api]').click();
    await page.getByRole('button', { name: 'restart' }).click();
    await monitor.fact('program.killing', { name: 'api' });
    await page.getByRole('button', { name: 'stop' }).click();
    await colony.statusLike('api', { state: 'stopped', wanted: 'down' });
    await page.getByRole('button', { name: 'start', exact: true }).click();
    await colony.statusLike('api', { state: 'running', wanted: 'up' });
    expect(complaints.filter((complaint) => !complaint.includes('401'))).toEqual([]);
    complaints.length = 0;
    await finish();
  });

  test('is smooth with 1,000 programs', async ({ colony }) => {
    const monitor = await colony.monitor('--http', '0', ...slow);
    for (let index = 0; index < 990; index++) {
      colony.write(`p${index}`, { args: ['sleep', '1000'], 'ncolony.wanted': 'down', group: [`g${index % 7}`] });
    }
    for (let index = 0; index < 10; index++) colony.write(`busy${index}`, { args: ['sleep', '0.2'] });
    await monitor.count('program.started', 20);
    await colony.settled(monitor);
    const { page, finish } = await openPage(browser, await addressOf(monitor));
    await page.locator('.row').nth(999).waitFor({ state: 'attached' });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const worked = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      const parts = new Set(['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']);
      return metrics.filter(({ name }) => parts.has(name)).reduce((sum, { value }) => sum + value * 1000, 0);
    };
    const before = await worked();
    const { drawn, frames } = await page.evaluate(async () => {
      const times: number[] = [];
      let last = performance.now();
      while (times.length < 100) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        times.push(now - last);
        last = now;
        scrollBy(0, times.length < 50 ? 200 : -200);
      }
      const paint = performance.getEntriesByName('first-contentful-paint')[0];
      return { drawn: paint?.startTime ?? Infinity, frames: times.toSorted((a, b) => a - b) };
    });
    const work = ((await worked()) - before) / frames.length;
    const figures = [drawn, frames[50] ?? Infinity, frames.at(-1) ?? Infinity, work].map((ms) => ms.toFixed(1));
    process.stdout.write(
      `1,000 programs, ms: first paint ${figures[0]}; frames ${figures[1]} (worst ${figures[2]}), ${figures[3]} of it ours\n`,
    );
    // A frame without a graphics card is as long as the machine is busy; what is ours of it has to leave room for the rest.
    expect(drawn).toBeLessThan(2_500);
    expect(work).toBeLessThan(12);
    await finish();
  });
});
