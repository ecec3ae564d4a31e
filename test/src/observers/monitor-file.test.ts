import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MonitorFile } from '../../../src/observers/monitor-file.js';
import { runtimePaths, type RuntimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

const own = { version: 1, pid: 7, startTime: 1, since: 'then', frequency: 10_000, ncolony: '1.2.3' } as const;
const written = [`${JSON.stringify(own)}\n`, 'a-key\n'];

let paths: RuntimePaths;
let file: MonitorFile;
let clock: number;

beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  paths = runtimePaths(scratch());
  file = new MonitorFile(paths, own, 'a-key', (problem) => expect.unreachable(problem));
});
afterEach(() => file.close());

const read = () => [paths.monitor, paths.contentKey].map((path) => readFileSync(path, 'utf8'));
const inode = () => statSync(paths.monitor).ino;

test('who and with which key is there from the beginning, for nobody else to read, and gone at the end', () => {
  expect(read()).toEqual(written);
  for (const path of [paths.monitor, paths.contentKey]) expect(statSync(path).mode & 0o777).toBe(0o600);
  file.close();
  expect([paths.monitor, paths.contentKey].filter((path) => existsSync(path))).toEqual([]);
});

test('it is written anew at every check, as a sign of life, but not more often than once a second', () => {
  const first = inode();
  clock = 500;
  file.check();
  expect(inode()).toBe(first);
  clock = 10_000;
  file.check();
  expect(inode()).not.toBe(first);
});

test('what is lost is made anew at once, the key as it was', () => {
  rmSync(paths.contentKey);
  file.check();
  expect(read()).toEqual(written);
  rmSync(paths.root, { recursive: true });
  file.check();
  expect(read()).toEqual(written);
});
