import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NativeStart } from '../../../src/os/native-libc.js';
import { SpawningThread } from '../../../src/os/spawning-thread.js';
import { endForGood, processesWith } from '../../processes.js';

// As it was built: a thread runs no TypeScript.
const inside = pathToFileURL(resolve('dist/src/os/inside-spawning-thread.js'));

const mark = `${process.pid}-spawning-thread`;
const running = () => processesWith('MARK', mark).map(({ pid }) => pid);

let thread: SpawningThread;
let nowhere: number;

beforeEach(async () => {
  nowhere = openSync('/dev/null', 'r+');
  thread = await ready();
});
afterEach(() => {
  thread.close();
  running().forEach(endForGood);
  closeSync(nowhere);
});

/** One that can be asked. */
async function ready(): Promise<SpawningThread> {
  const opened = new SpawningThread((error) => expect.fail(error.message), inside);
  await expect.poll(() => opened.isReady).toBe(true);
  return opened;
}

const sleeping = (): NativeStart => ({
  path: '/bin/sleep',
  args: ['sleep', '100'],
  environment: [`MARK=${mark}`],
  descriptors: [nowhere, nowhere, nowhere],
  directory: undefined,
});

test('who was asked for before it is closed is started and known', async () => {
  const answers = Array.from({ length: 30 }, () => thread.start(sleeping()));
  await answers[4];
  thread.close();
  expect(thread.isReady).toBe(false);
  const pids = await Promise.all(answers);
  expect(pids).not.toContain(undefined);
  await expect.poll(() => new Set(running())).toEqual(new Set(pids));
});

test('where it ends of itself, whoever was started is known, and who was not is to be started otherwise', async () => {
  const ended: Error[] = [];
  const other = new SpawningThread((error) => ended.push(error), inside);
  await expect.poll(() => other.isReady).toBe(true);
  const before = Array.from({ length: 5 }, () => other.start(sleeping()));
  const tooMuch = other.start({ ...sleeping(), args: Array.from({ length: 2e6 }, (_, index) => `${index}`) });
  const after = other.start(sleeping());
  expect(await tooMuch).toBeUndefined();
  expect(await after).toBeUndefined();
  expect(ended.map(({ message }) => message)).toEqual([expect.stringMatching(/memory limit/)]);
  expect(other.isReady).toBe(false);
  expect(new Set(running())).toEqual(new Set(await Promise.all(before)));
});

test('a start that fails is no pid, and the next one is not disturbed', async () => {
  const failing = thread.start({ ...sleeping(), path: '/no/such/command' });
  const next = thread.start(sleeping());
  expect(await failing).toBeUndefined();
  expect(await next).toBeGreaterThan(0);
});

test('a signal for the process gets to its handler, whoever is free to take it', async () => {
  for (let round = 0; round < 20; round++) {
    const told = once(process, 'SIGCHLD');
    const pid = await thread.start({ ...sleeping(), args: ['sleep', '0'] });
    expect(pid).toBeGreaterThan(0);
    await told;
  }
});
