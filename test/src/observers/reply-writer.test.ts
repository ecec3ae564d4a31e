import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Fact, Outcome } from '../../../machines/index.js';
import { ReplyWriter } from '../../../src/observers/reply-writer.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

const outcome: Outcome = { kind: 'obeyed', names: ['web'] };
const judged = (id: string): Fact => ({
  type: 'message.judged',
  id,
  message: { type: 'RESTART', name: 'web' },
  outcome,
});

let directory: string;
let warnings: string[];
const open = () => new ReplyWriter(directory, (problem) => warnings.push(problem));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2030-01-01T00:00:00Z') });
  const paths = runtimePaths(scratch());
  prepareRuntimeDirectory(paths);
  directory = paths.replies;
  warnings = [];
});
afterEach(() => void vi.useRealTimers());

test('each message gets a reply that only the monitor’s user can read', () => {
  open().observe(judged('000Message.1'));
  const path = join(directory, '000Message.1.json');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    version: 1,
    message: '000Message.1',
    outcome,
    at: '2030-01-01T00:00:00.000Z',
  });
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('other facts get none', () => {
  open().observe({ type: 'supervisor.rescanned', because: 'signal.received' });
  expect(readdirSync(directory)).toEqual([]);
});

test('a reply goes when it is ten minutes old', () => {
  const replies = open();
  replies.observe(judged('old'));
  vi.setSystemTime(Date.now() + 9 * 60_000);
  replies.observe(judged('new'));
  expect(readdirSync(directory)).toEqual(['new.json', 'old.json']);
  vi.setSystemTime(Date.now() + 2 * 60_000);
  replies.observe(judged('newest'));
  expect(readdirSync(directory)).toEqual(['new.json', 'newest.json']);
});

test('no more than a thousand are kept, the latest', () => {
  const replies = open();
  for (let index = 0; index < 1_003; index++) replies.observe(judged(`m${String(index).padStart(4, '0')}`));
  const kept = readdirSync(directory).sort();
  expect(kept).toHaveLength(1_000);
  expect(kept[0]).toBe('m0003.json');
});

test('those of an earlier monitor go too, in the order of their age', () => {
  const ages: [name: string, minutes: number][] = [
    ['a', 1],
    ['b', 30],
    ['c', 5],
    ['d', 20],
  ];
  for (const [name, minutes] of ages) {
    const path = join(directory, `${name}.json`);
    writeFileSync(path, '{}');
    utimesSync(path, new Date(), new Date(Date.now() - minutes * 60_000));
  }
  open().observe(judged('new'));
  expect(readdirSync(directory).sort()).toEqual(['a.json', 'c.json', 'new.json']);
});

test('a place that cannot be written is reported once, and once again when it is back, and what was owed is written', () => {
  const replies = open();
  renameSync(directory, `${directory}.away`);
  replies.observe(judged('lost'));
  replies.observe(judged('lost too'));
  expect(warnings).toHaveLength(1);
  mkdirSync(directory, { mode: 0o700 });
  replies.observe(judged('kept'));
  replies.observe(judged('kept too'));
  expect(warnings).toHaveLength(2);
  expect(readdirSync(directory)).toEqual(['kept too.json', 'kept.json', 'lost too.json', 'lost.json']);
});

test('one reply that cannot be written does not hold up the others', () => {
  mkdirSync(join(directory, 'bad.json'));
  const replies = open();
  replies.observe(judged('bad'));
  replies.observe(judged('good'));
  replies.check();
  expect(readdirSync(directory).sort()).toEqual(['bad.json', 'good.json']);
});
