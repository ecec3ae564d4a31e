import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { performance as loop } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fact } from '../../../machines/index.js';
import { HistoryWriter } from '../../../src/observers/history-writer.js';
import { parseHistory } from '../../../src/protocol/history-file.js';
import { prepareRuntimeDirectory, runtimePaths, type RuntimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

const own = '.monitor.jsonl';

let paths: RuntimePaths;
let warnings: string[];
let programs: Set<string>;
let history: HistoryWriter;

const open = () =>
  new HistoryWriter(paths.history, {
    isProgram: (name) => programs.has(name),
    monitor: { pid: 7, since: 'then' },
    warn: (problem) => warnings.push(problem),
  });

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2030-01-01T00:00:00Z') });
  paths = runtimePaths(scratch());
  prepareRuntimeDirectory(paths);
  warnings = [];
  programs = new Set(['web']);
  history = open();
});
afterEach(() => {
  history.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const tell = (type: Fact['type'], more: object = {}) =>
  history.observe({ type, name: 'web', ...more } as unknown as Fact);
const read = (file = 'web.jsonl') => parseHistory(readFileSync(join(paths.history, file), 'utf8'));
const typesIn = (file?: string) => read(file).map(({ type }) => type);
const files = () =>
  readdirSync(paths.history)
    .filter((file) => file !== own)
    .sort();
const soon = () => vi.advanceTimersByTime(100);

test('what happens to a program is a line each, with its time and without the name', () => {
  tell('program.started', { pid: 5, run: 'r' });
  vi.advanceTimersByTime(1_500);
  tell('program.died', { exit: { code: 1, signal: null }, stragglers: [] });
  soon();
  expect(read()).toEqual([
    { version: 1, at: '2030-01-01T00:00:00.000Z', type: 'program.started', pid: 5, run: 'r' },
    {
      version: 1,
      at: '2030-01-01T00:00:01.500Z',
      type: 'program.died',
      exit: { code: 1, signal: null },
      stragglers: [],
      lived: 1_500,
    },
  ]);
  expect(statSync(join(paths.history, 'web.jsonl')).mode & 0o777).toBe(0o600);
});

test('the age of a process is not a matter of the wall clock', () => {
  tell('program.started', { pid: 5, run: 'r' });
  vi.advanceTimersByTime(1_000);
  vi.setSystemTime(Date.now() + 86_400_000);
  tell('program.died', { exit: { code: 1, signal: null }, stragglers: [] });
  soon();
  expect(read()[1]).toMatchObject({ lived: 1_000 });
});

test('a message is told to those whom it names, and nobody gets a file by a message that names no program', () => {
  const message = (id: string, name: string, outcome: object) =>
    history.observe({ type: 'message.judged', id, message: { type: 'RESTART', name }, outcome } as Fact);
  message('m1', 'web', { kind: 'obeyed', names: ['web'] });
  message('m2', 'web', { kind: 'declined', error: { code: 'EDOWN', message: 'no' } });
  message('m3', '../../x', { kind: 'rejected', error: { code: 'EUNKNOWN', message: 'no' } });
  soon();
  expect(files()).toEqual(['web.jsonl']);
  expect(read()).toMatchObject([
    { id: 'm1', asked: 'RESTART', error: null },
    { id: 'm2', asked: 'RESTART', error: { code: 'EDOWN' } },
  ]);
});

test('a signal is told by its name', () => {
  const message = { type: 'SIGNAL', name: 'web', signal: 'SIGHUP' } as const;
  history.observe({ type: 'message.judged', id: 'm1', message, outcome: { kind: 'obeyed', names: ['web'] } });
  soon();
  expect(read()).toMatchObject([{ asked: 'SIGHUP' }]);
});

test('files that appear are told one by one', () => {
  history.observe({ type: 'config.added', names: ['a', 'b'] });
  soon();
  expect(files()).toEqual(['a.jsonl', 'b.jsonl']);
});

test('the monitor has a history of its own, which its successor goes on with', () => {
  history.observe({ type: 'supervisor.stopping', because: 'signal.received' });
  history.observe({ type: 'supervisor.stopped', left: [] });
  history.close();
  history = open();
  soon();
  expect(read(own)).toMatchObject([
    { type: 'monitor.started', pid: 7, since: 'then' },
    { type: 'supervisor.stopping' },
    { type: 'supervisor.stopped' },
    { type: 'monitor.started' },
  ]);
});

test('what happens in one moment is one write, and a crowd is written in slices', () => {
  vi.spyOn(loop, 'eventLoopUtilization').mockReturnValue({ idle: 1, active: 9, utilization: 0.9 });
  let spent = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => (spent += 1));
  for (let index = 0; index < 100; index++) {
    for (let line = 0; line < 3; line++) tell('program.running', { name: `p${index}`, pid: 1, run: 'r' });
  }
  vi.advanceTimersByTime(125);
  const first = files().length;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(12);
  expect(read(files()[0])).toHaveLength(3);
  vi.advanceTimersByTime(500);
  expect(files()).toHaveLength(first);
  vi.advanceTimersByTime(4_000);
  expect(files()).toHaveLength(100);
});

describe('a history', () => {
  const fill = (lines: number) => {
    for (let index = 0; index < lines; index++) {
      tell('program.running', { pid: index, run: 'x'.repeat(50) });
      soon();
    }
  };

  test('has a bounded size: the newest half of it is kept', () => {
    fill(1_000);
    const size = statSync(join(paths.history, 'web.jsonl')).size;
    expect(size).toBeLessThanOrEqual(64 * 1024);
    expect(size).toBeGreaterThan(16 * 1024);
    const entries = read() as unknown as { pid: number }[];
    expect(entries.at(-1)!.pid).toBe(999);
    expect(entries.map(({ pid }) => pid)).toEqual(
      Array.from({ length: entries.length }, (_, index) => 1_000 - entries.length + index),
    );
  });

  test('goes on after a line that a killed monitor left torn', () => {
    tell('program.killed');
    soon();
    appendFileSync(join(paths.history, 'web.jsonl'), '{"version":1,"at":"20');
    history.close();
    history = open();
    tell('program.stopped', { because: 'program.stop' });
    soon();
    expect(typesIn()).toEqual(['program.killed', 'program.stopped']);
  });

  test('does not tell of a thousand pids or keys', () => {
    tell('program.lingering', { pids: Array.from({ length: 10_000 }, (_, index) => index) });
    tell('config.changed', { keys: ['k'.repeat(60_000)], wanted: 'up' });
    soon();
    expect(statSync(join(paths.history, 'web.jsonl')).size).toBeLessThan(2_000);
    expect(typesIn()).toEqual(['program.lingering', 'config.changed']);
  });
});

describe('a disk that cannot be written', () => {
  test('is reported once, what happened meanwhile is written when it is back', () => {
    soon();
    renameSync(paths.history, `${paths.history}.away`);
    for (let second = 0; second < 5; second++) {
      tell('program.running', { pid: second, run: 'r' });
      vi.advanceTimersByTime(1_000);
    }
    expect(warnings).toEqual([expect.stringContaining('cannot be written, supervision goes on')]);
    mkdirSync(paths.history, { mode: 0o700 });
    history.check();
    vi.advanceTimersByTime(2_000);
    expect(warnings.slice(1)).toEqual([expect.stringContaining('can be written again')]);
    expect(read().map((entry) => 'pid' in entry && entry.pid)).toEqual([0, 1, 2, 3, 4]);
    expect(typesIn(own)).toEqual(['monitor.started']);
  });

  test('does not fill the memory, and it is told that something is missing', () => {
    soon();
    renameSync(paths.history, `${paths.history}.away`);
    for (let index = 0; index < 1_000; index++) tell('program.running', { pid: index, run: 'r' });
    soon();
    renameSync(`${paths.history}.away`, paths.history);
    vi.advanceTimersByTime(2_000);
    const entries = read() as unknown as { type: string; pid: number }[];
    expect(entries).toHaveLength(100);
    expect(entries[0]!.type).toBe('history.gap');
    expect(entries.at(-1)!.pid).toBe(999);
  });

  test('of one file holds up no other', () => {
    mkdirSync(join(paths.history, 'web.jsonl'));
    tell('program.killed');
    tell('program.killed', { name: 'other' });
    vi.advanceTimersByTime(3_000);
    expect(typesIn('other.jsonl')).toEqual(['program.killed']);
    rmSync(join(paths.history, 'web.jsonl'), { recursive: true });
    vi.advanceTimersByTime(3_000);
    expect(typesIn()).toEqual(['program.killed']);
  });
});

describe('histories of removed programs', () => {
  const leave = (name: string, ageMs: number) => {
    const path = join(paths.history, `${name}.jsonl`);
    writeFileSync(path, '');
    utimesSync(path, new Date(), new Date(Date.now() - ageMs));
  };
  const day = 86_400_000;

  test('go when they are a week old, and those of programs that there are stay', () => {
    leave('web', 30 * day);
    leave('old', 8 * day);
    leave('new', 6 * day);
    history.check();
    expect(files()).toHaveLength(3);
    vi.advanceTimersByTime(60_000);
    history.check();
    expect(files()).toEqual(['new.jsonl', 'web.jsonl']);
  });

  test('are a hundred, the newest', () => {
    for (let index = 0; index < 120; index++) leave(`p${String(index).padStart(3, '0')}`, (121 - index) * 1_000);
    for (let index = 0; index < 120; index++) tell('config.removed', { name: `p${index}` });
    history.check();
    expect(files()).toHaveLength(100);
    expect(files()[0]).toBe('p020.jsonl');
  });

  test('stay while the config directory cannot be read: it is not known who was removed', () => {
    leave('old', 30 * day);
    history.observe({ type: 'directory.lost', path: '/conf', error: { code: 'ENOENT', message: 'no' } });
    vi.advanceTimersByTime(60_000);
    history.check();
    expect(files()).toEqual(['old.jsonl']);
    history.observe({ type: 'directory.found', path: '/conf' });
    history.check();
    expect(files()).toEqual([]);
  });
});
