import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Where there is no browser the tests that need one are left out; but not where it has to be there. */
export const hasBrowser = existsSync(executablePath) || process.env['CI'] !== undefined;

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** A page that may complain of nothing and ask nobody else; `finish` closes it and looks at that. */
export async function openPage(
  browser: Browser,
  url: URL,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[]; finish: () => Promise<void> }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const strangers: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).host !== url.host) strangers.push(request.url());
  });
  await page.goto(url.href);
  const finish = async () => {
    await context.close();
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  };
  return { page, complaints, finish };
}
