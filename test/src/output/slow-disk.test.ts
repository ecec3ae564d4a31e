import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLog } from '../../../src/log.js';
import { LogFiles } from '../../../src/output/log-files.js';
import type { Outputs } from '../../../src/output/outputs.js';
import { TaggedLines } from '../../../src/output/tagged-lines.js';
import { defaultLogLimits, defaultLogManner } from '../../../src/protocol/log-settings.js';
import { scratch } from '../scratch.js';

// A disk that takes a millisecond for each write, and never the whole of it.
beforeEach(() => {
  const { writeSync } = fs;
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const slow = (descriptor: number, data: string | Buffer, offset?: unknown) => {
    Atomics.wait(nap, 0, 0, 1);
    const bytes = Buffer.from(data as string).subarray(typeof offset === 'number' ? offset : 0);
    return writeSync(descriptor, bytes, 0, Math.min(bytes.length, 3_001));
  };
  vi.spyOn(fs, 'writeSync').mockImplementation(slow);
  syncBuiltinESMExports();
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}`);

/** Lets a program say so many numbers; resolves to the most bytes that were waiting in memory. */
async function flood(outputs: Outputs, count: number): Promise<number> {
  const child = spawn('seq', ['1', String(count)], { stdio: ['ignore', 'pipe', 'ignore'] });
  let most = 0;
  child.stdout.on('data', () => (most = Math.max(most, child.stdout.readableLength)));
  outputs.connect('flood', 'stdout', child.stdout, defaultLogManner);
  await once(child.stdout, 'close');
  return most;
}

test('on a slow disk --logs loses nothing, and it is the program that waits', async () => {
  const directory = scratch();
  const most = await flood(new LogFiles(directory, defaultLogLimits, () => undefined), 40_000);
  expect(readFileSync(join(directory, 'flood.log'), 'utf8') === `${numbers(40_000).join('\n')}\n`).toBe(true);
  expect(most).toBeLessThan(256 * 1024);
});

test('on a slow disk the monitor’s log loses nothing, and it is the program that waits', async () => {
  const file = join(scratch(), 'log');
  const most = await flood(new TaggedLines(await openLog({ level: 'info', file, pretty: false })), 4_000);
  const said = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(said.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(numbers(4_000));
  expect(most).toBeLessThan(256 * 1024);
});
