import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Fact } from '../../../machines/index.js';
import { PidFiles } from '../../../src/observers/pid-files.js';
import { scratch } from '../scratch.js';

const started = (name: string, pid: number): Fact => ({ type: 'program.started', name, pid, run: 'run' });
const died = (name: string): Fact => ({
  type: 'program.died',
  name,
  exit: { code: 0, signal: null },
  stragglers: [],
});

let directory: string;
let warnings: string[];
let files: PidFiles;
const open = (before: readonly string[] = []) =>
  new PidFiles(directory, new Set(before), (problem) => warnings.push(problem));
const read = (name: string) => readFileSync(join(directory, name), 'utf8');

beforeEach(() => {
  vi.useFakeTimers();
  directory = join(scratch(), 'pid');
  warnings = [];
  files = open();
});
afterEach(() => {
  files.close();
  vi.useRealTimers();
});

test('what has no pid has no file: a signal to the pid 0 would go to its own sender', () => {
  files.observe(started('web', 0));
  expect(existsSync(join(directory, 'web'))).toBe(false);
});

test('a file holds the pid while the process lives, for everybody to read', () => {
  files.observe(started('web', 7));
  expect(read('web')).toBe('7\n');
  expect(statSync(join(directory, 'web')).mode & 0o777).toBe(0o644);
  files.observe(died('web'));
  expect(readdirSync(directory)).toEqual([]);
});

test('it holds the pid of the present process', () => {
  for (const pid of [7, 8]) {
    files.observe(started('web', pid));
    expect(read('web')).toBe(`${pid}\n`);
    if (pid === 7) files.observe(died('web'));
  }
  files.observe({ type: 'program.failed', name: 'web', error: { code: 'EPRIVILEGE', message: '' } });
  expect(readdirSync(directory)).toEqual([]);
});

test('what a monitor left that did not live to remove it goes, and nothing else', () => {
  mkdirSync(directory);
  for (const name of ['web', '.web.abcdefghij.new', 'stranger']) writeFileSync(join(directory, name), '1\n');
  open(['web', 'never-started']);
  expect(readdirSync(directory)).toEqual(['stranger']);
  expect(warnings).toEqual([]);
});

test('a link that somebody planted is replaced, not followed', () => {
  const target = join(scratch(), 'target');
  writeFileSync(target, 'precious');
  mkdirSync(directory);
  symlinkSync(target, join(directory, 'web'));
  files.observe(started('web', 7));
  expect(readFileSync(target, 'utf8')).toBe('precious');
  expect(read('web')).toBe('7\n');
});

test('a place that cannot be written is reported once, and everything is put right when it is back', () => {
  writeFileSync(directory, 'not a directory');
  files.observe(started('web', 7));
  files.observe(started('db', 8));
  files.observe(died('db'));
  vi.advanceTimersByTime(5_000);
  expect(warnings).toEqual([expect.stringContaining('cannot be written')]);

  rmSync(directory);
  vi.advanceTimersByTime(1_000);
  expect(warnings.slice(1)).toEqual([expect.stringContaining('can be written again')]);
  expect(readdirSync(directory)).toEqual(['web']);
  vi.advanceTimersByTime(60_000);
  expect(warnings).toHaveLength(2);
});

test('one file that cannot be written does not hold up the others', () => {
  mkdirSync(join(directory, 'web'), { recursive: true });
  files.observe(started('web', 7));
  files.observe(started('other', 8));
  vi.advanceTimersByTime(5_000);
  expect(read('other')).toBe('8\n');
});
