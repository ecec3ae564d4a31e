import { readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MonitorFile } from '../../../src/observers/monitor-file.js';
import { runtimePaths, type RuntimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

const own = { version: 1, pid: 7, startTime: 1, since: 'then', frequency: 10_000, ncolony: '1.2.3' } as const;

let paths: RuntimePaths;
let file: MonitorFile;
let clock: number;

beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  paths = runtimePaths(scratch());
  file = new MonitorFile(paths, own, (problem) => expect.unreachable(problem));
});
afterEach(() => file.close());

const inode = () => statSync(paths.monitor).ino;

test('it is there from the beginning, and gone at the end', () => {
  expect(JSON.parse(readFileSync(paths.monitor, 'utf8'))).toEqual(own);
  file.close();
  expect(statSync(paths.monitor, { throwIfNoEntry: false })).toBeUndefined();
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

test('it is made anew at once where it was lost, with its directory', () => {
  rmSync(paths.root, { recursive: true });
  file.check();
  expect(JSON.parse(readFileSync(paths.monitor, 'utf8'))).toEqual(own);
});
