import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance as loop } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ActorRefFrom } from 'xstate';
import type { Fact, Fault, ProgramContext, ProgramState, supervisorMachine } from '../../../machines/index.js';
import { StatusWriter } from '../../../src/observers/status-writer.js';
import type { ContentDigests } from '../../../src/protocol/content-digests.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

type Supervisor = ActorRefFrom<typeof supervisorMachine>;
type Told = Extract<Fact, { readonly name: string }>['type'];

/** A supervisor of which only the state is looked at. */
const programs = new Map<string, { state: ProgramState; context: Partial<ProgramContext> }>();
const specs = new Map<string, { wanted: 'up' | 'down' }>();
const faults = new Map<string, Fault>();
const contents = new Map<string, ContentDigests>();
const snapshotOf = ({ state, context }: { state: ProgramState; context: Partial<ProgramContext> }) => ({
  value: state,
  context: { ...blank, ...context },
});
const supervisor = {
  getSnapshot: () => ({
    context: {
      programs: new Map([...programs].map(([name, program]) => [name, { getSnapshot: () => snapshotOf(program) }])),
      specs,
      faults,
    },
  }),
} as unknown as Supervisor;

const blank = {
  spec: { groups: [] },
  wanted: 'up',
  pid: null,
  run: null,
  starts: 0,
  instantDeaths: 0,
  lastExit: null,
  error: null,
  stragglers: [],
};

let directory: string;
let warnings: string[];
let status: StatusWriter;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2030-01-01T00:00:00Z') });
  for (const map of [programs, specs, faults, contents]) map.clear();
  const paths = runtimePaths(scratch());
  prepareRuntimeDirectory(paths);
  directory = paths.status;
  warnings = [];
  const contentOf = (name: string) => contents.get(name) ?? null;
  status = new StatusWriter(directory, supervisor, contentOf, (problem) => warnings.push(problem));
});
afterEach(() => {
  status.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Something is told of a program; what it says beside its name does not matter here. */
const tell = (type: Told, name: string, more: object = {}) =>
  status.observe({ type, name, ...more } as unknown as Fact);
const enter = (name: string, state: ProgramState, context: Partial<ProgramContext> = {}) =>
  void programs.set(name, { state, context });
const read = (name: string) => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')) as object;
const soon = () => vi.advanceTimersByTime(1_000);

test('a program that runs is written with all that is known of it', () => {
  enter('web', 'running', {
    pid: process.pid,
    run: 'run',
    starts: 3,
    spec: { groups: ['all'], revision: 'r1' } as never,
  });
  contents.set('web', { args: 'digest' });
  tell('program.started', 'web');
  vi.advanceTimersByTime(500);
  tell('program.running', 'web');
  soon();
  expect(read('web')).toEqual({
    version: 1,
    name: 'web',
    state: 'running',
    wanted: 'up',
    pid: process.pid,
    since: '2030-01-01T00:00:00.500Z',
    startedAt: '2030-01-01T00:00:00.000Z',
    run: 'run',
    starts: 3,
    restarts: 2,
    instantDeaths: 0,
    lastExit: null,
    nextStartAt: null,
    killAt: null,
    error: null,
    rejected: null,
    revision: 'r1',
    group: ['all'],
    stragglers: [],
    content: { args: 'digest' },
  });
  expect(statSync(join(directory, 'web.json')).mode & 0o077).toBe(0);
});

test('a program that waits says until when, how it died, and why', () => {
  enter('web', 'backing-off', {
    lastExit: { code: 3, signal: null },
    instantDeaths: 2,
    error: { code: 'ENOENT', message: 'no' },
  });
  tell('program.died', 'web');
  vi.advanceTimersByTime(50);
  tell('program.backing-off', 'web', { delay: 4_000 });
  soon();
  expect(read('web')).toMatchObject({
    state: 'backing-off',
    since: '2030-01-01T00:00:00.050Z',
    pid: null,
    startedAt: null,
    lastExit: { code: 3, signal: null, at: '2030-01-01T00:00:00.000Z' },
    nextStartAt: '2030-01-01T00:00:04.050Z',
    error: { code: 'ENOENT' },
  });
});

test('a program that is being stopped says when SIGKILL follows, and for whom it waits', () => {
  enter('web', 'killing', { stragglers: [7] });
  tell('program.killing', 'web', { killtime: 5_000 });
  soon();
  expect(read('web')).toMatchObject({ state: 'killing', killAt: '2030-01-01T00:00:05.000Z', stragglers: [7] });
  enter('web', 'stopped');
  tell('program.stopped', 'web');
  soon();
  expect(read('web')).toMatchObject({ state: 'stopped', killAt: null });
});

describe('a bad file', () => {
  const fault = { code: 'ESYNTAX', message: 'not JSON' };

  test('is a program without a state, until it is gone', () => {
    faults.set('web', fault);
    tell('config.rejected', 'web');
    soon();
    expect(read('web')).toMatchObject({
      name: 'web',
      state: null,
      wanted: null,
      pid: null,
      error: fault,
      rejected: fault,
    });
    faults.clear();
    tell('config.healed', 'web');
    soon();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('is shown beside the last good version that still runs, before its own trouble', () => {
    enter('web', 'running', { error: { code: 'ENOENT', message: 'earlier' } });
    faults.set('web', fault);
    tell('config.rejected', 'web');
    soon();
    expect(read('web')).toMatchObject({ state: 'running', error: fault, rejected: fault });
  });
});

test('what is wanted is what the files say, whatever a shutdown does', () => {
  specs.set('web', { wanted: 'up' });
  enter('web', 'killing', { wanted: 'down' });
  tell('program.killing', 'web', { killtime: 1 });
  soon();
  expect(read('web')).toMatchObject({ wanted: 'up' });
});

test('a program that was removed and is stopped has no file', () => {
  enter('web', 'running');
  tell('program.running', 'web');
  soon();
  programs.clear();
  tell('program.stopped', 'web');
  soon();
  expect(readdirSync(directory)).toEqual([]);
});

test.each([
  ['config.removed', {}],
  ['config.changed', { wanted: 'down' }],
] as const)('of a program that nothing was written of yet something is when it is to end: %s', (type, more) => {
  enter('web', 'starting');
  tell('program.starting', 'web');
  enter('web', 'backing-off');
  tell('program.backing-off', 'web', { delay: 1_000 });
  tell(type, 'web', more);
  expect(read('web')).toMatchObject({ state: 'backing-off' });
});

test('what happens in one moment is written once, in its last state', () => {
  const looks = vi.spyOn(supervisor, 'getSnapshot');
  enter('web', 'starting');
  tell('program.starting', 'web');
  tell('program.started', 'web');
  enter('web', 'running');
  tell('program.running', 'web');
  soon();
  expect(looks).toHaveBeenCalledOnce();
  expect(read('web')).toMatchObject({ state: 'running' });
});

const beBusy = () => vi.spyOn(loop, 'eventLoopUtilization').mockReturnValue({ idle: 1, active: 9, utilization: 0.9 });

test('a crowd is written in slices, with pauses between them, and all of it', () => {
  beBusy();
  const snapshot = supervisor.getSnapshot();
  const slices = new Map<number, number>();
  let spent = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => spent);
  // Each takes a millisecond of the monitor's time.
  vi.spyOn(supervisor, 'getSnapshot').mockImplementation(() => {
    spent++;
    slices.set(Date.now(), (slices.get(Date.now()) ?? 0) + 1);
    return snapshot;
  });
  for (let index = 0; index < 100; index++) tell('program.stopped', `program-${index}`);
  vi.advanceTimersByTime(4_000);
  expect([...slices.values()].reduce((sum, count) => sum + count, 0)).toBe(100);
  expect(Math.max(...slices.values())).toBeLessThan(12);
  const times = [...slices.keys()];
  expect(Math.min(...times.slice(1).map((time, index) => time - times[index]!))).toBeGreaterThan(12);
  expect(times[1]! - times[0]!).toBeGreaterThan(500);
});

test('why a file is bad does not wait for a crowd', () => {
  beBusy();
  for (let index = 0; index < 100; index++) tell('program.stopped', `program-${index}`);
  faults.set('bad', { code: 'ESCHEMA', message: 'args: expected a list' });
  tell('config.rejected', 'bad');
  expect(read('bad')).toMatchObject({ rejected: { code: 'ESCHEMA' } });
});

test('what is not due yet holds up nobody, though all that was due took long', () => {
  beBusy();
  let spent = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => (spent += 5));
  for (const name of ['web', 'db']) enter(name, 'stopped');
  tell('program.starting', 'slow');
  tell('program.stopped', 'web');
  vi.advanceTimersByTime(10);
  expect(readdirSync(directory)).toEqual(['web.json']);
  tell('program.stopped', 'db');
  vi.advanceTimersByTime(100);
  expect(readdirSync(directory).sort()).toEqual(['db.json', 'web.json']);
});

test('what is still to be written is written at the end', () => {
  enter('web', 'stopped');
  tell('program.stopped', 'web');
  status.close();
  expect(read('web')).toMatchObject({ state: 'stopped' });
});

test('a place that cannot be written is reported once, and everything is put right when it is back', () => {
  renameSync(directory, `${directory}.away`);
  for (const name of ['web', 'db']) {
    enter(name, 'running');
    tell('program.running', name);
  }
  vi.advanceTimersByTime(5_000);
  expect(warnings).toEqual([expect.stringContaining('cannot be written')]);
  mkdirSync(directory, { mode: 0o700 });
  vi.advanceTimersByTime(2_000);
  expect(warnings.slice(1)).toEqual([expect.stringContaining('can be written again')]);
  expect(readdirSync(directory).sort()).toEqual(['db.json', 'web.json']);
});

test('one file that cannot be written does not hold up the others', () => {
  mkdirSync(join(directory, 'bad.json'));
  for (const name of ['bad', 'good']) {
    enter(name, 'running');
    tell('program.started', name);
  }
  for (let second = 0; second < 3; second++) soon();
  expect(readdirSync(directory).sort()).toEqual(['bad.json', 'good.json']);
});
