import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Fact } from '../../../machines/index.js';
import { RunRecords } from '../../../src/observers/run-records.js';
import { bootId } from '../../../src/os/boot.js';
import { readProcess } from '../../../src/os/process-table.js';
import { parseRuns, runLine, type RecordedRuns } from '../../../src/protocol/run-record.js';
import { scratch } from '../scratch.js';

const started = (name: string, run: string): Fact => ({ type: 'program.started', name, pid: process.pid, run });
const stopped = (name: string): Fact => ({ type: 'program.stopped', name, because: 'process.gone' });
const nobody: RecordedRuns = { runs: [], last: new Map() };

let path: string;
let warnings: string[];
const open = (before = nobody) => new RunRecords(path, before, (problem) => warnings.push(problem));
/** What a monitor would know that started now. */
const known = () => parseRuns(existsSync(path) ? readFileSync(path, 'utf8') : '', bootId);
const lastNames = () => [...known().last.keys()].sort();

beforeEach(() => {
  path = join(scratch(), 'runtime', 'runs.jsonl');
  mkdirSync(dirname(path));
  warnings = [];
});

const identity = (name: string, run: string) => ({ name, run, startTime: readProcess(process.pid)!.startTime });

test('a process that was identified is on record, with everything by which it can be found again', () => {
  const records = open();
  records.observe(started('web', 'run'));
  records.identify(identity('web', 'run'));
  const record = { ...identity('web', 'run'), pid: process.pid, boot: bootId };
  expect(known().last).toEqual(new Map([['web', record]]));
  expect(known().runs).toContainEqual(record);
  expect(statSync(path).mode & 0o077).toBe(0);
  records.close();
});

describe('of a start that was announced', () => {
  const announcement = { name: 'web', run: 'run', stdin: '1:2:3' };

  test('the standard input is on record at once, and the pid when the process is identified', () => {
    const records = open();
    records.announce(announcement);
    expect(known().last.get('web')).toMatchObject({ ...announcement, pid: 0 });
    records.observe(started('web', 'run'));
    expect(known().last.get('web')).toMatchObject({ ...announcement, pid: 0 });
    records.identify(identity('web', 'run'));
    expect(known().last.get('web')).toMatchObject({ ...identity('web', 'run'), pid: process.pid });
    records.close();
  });

  test.for([
    ['it is over before that', (records: RunRecords) => records.observe(stopped('web'))],
    ['the monitor ends before that', (records: RunRecords) => records.close()],
  ] as const)('its run is known for good, though %s', ([, end]) => {
    const records = open();
    records.observe(started('other', 'other'));
    records.announce(announcement);
    records.observe(started('web', 'run'));
    end(records);
    expect(known().runs).toContainEqual(expect.objectContaining({ name: 'web', run: 'run', pid: process.pid }));
    records.close();
  });

  test('one that was gone too soon is still told by its standard input, not by a pid that others get', () => {
    const records = open();
    records.announce(announcement);
    records.observe(started('web', 'run'));
    records.identify({ name: 'web', run: 'run', startTime: 0 });
    expect(known().last.get('web')).toMatchObject({ ...announcement, pid: process.pid, startTime: 0 });
    records.close();
  });

  test('an earlier process says nothing of it', () => {
    const records = open();
    records.announce(announcement);
    records.observe(started('web', 'run'));
    records.identify({ name: 'web', run: 'earlier', startTime: 7 });
    expect(known().last.get('web')).toMatchObject({ ...announcement, pid: 0 });
    records.close();
  });
});

/** Everything that is told of a start. */
function start(records: RunRecords, name: string, run: string): void {
  records.announce({ name, run, stdin: `1:2:${run}` });
  records.observe(started(name, run));
  records.identify(identity(name, run));
}

test('it is so until nothing is left of the process', () => {
  const records = open();
  start(records, 'web', 'one');
  start(records, 'db', 'two');
  records.observe({ type: 'program.died', name: 'web', exit: { code: 0, signal: null }, stragglers: [7] });
  expect(lastNames()).toEqual(['db', 'web']);
  records.observe(stopped('web'));
  expect(lastNames()).toEqual(['db']);
  expect([...new Set(known().runs.map(({ run }) => run))]).toEqual(['one', 'two']);
  records.close();
});

test('what an earlier monitor left on record stays there', () => {
  const first = open();
  start(first, 'web', 'one');
  const second = open(known());
  start(second, 'db', 'two');
  expect(lastNames()).toEqual(['db', 'web']);
  second.observe(stopped('web'));
  expect(lastNames()).toEqual(['db']);
  first.close();
  second.close();
});

test('no file is left where nothing is', () => {
  const records = open();
  start(records, 'web', 'one');
  records.observe(stopped('web'));
  records.close();
  expect(readdirSync(dirname(path))).toEqual([]);
});

test('a line that was torn costs itself', () => {
  const records = open();
  start(records, 'web', 'one');
  records.close();
  const line = runLine({ name: 'db', run: 'two', pid: 1, startTime: 1, boot: bootId });
  writeFileSync(path, line.slice(0, -9), { flag: 'a' });
  expect(lastNames()).toEqual(['web']);
});

test.for([
  ['deleted', () => rmSync(path)],
  ['renamed', () => renameSync(path, `${path}.away`)],
] as const)('a file that was %s is written anew, whole', ([, lose]) => {
  const records = open();
  start(records, 'web', 'one');
  lose();
  rmSync(`${path}.away`, { force: true });
  start(records, 'db', 'two');
  expect(lastNames()).toEqual(['db', 'web']);
  records.close();
});

test('a link that somebody planted is not followed', () => {
  const target = join(scratch(), 'target');
  writeFileSync(target, 'precious');
  symlinkSync(target, path);
  const records = open();
  start(records, 'web', 'one');
  expect(readFileSync(target, 'utf8')).toBe('precious');
  expect(lastNames()).toEqual(['web']);
  records.close();
});

test('a place that cannot be written is reported once, and everything is on record when it is back', () => {
  const records = open();
  rmSync(dirname(path), { recursive: true });
  for (const name of ['web', 'db', 'cache']) start(records, name, name);
  expect(warnings).toEqual([expect.stringContaining('cannot be written')]);
  mkdirSync(dirname(path));
  records.observe(stopped('db'));
  expect(warnings).toHaveLength(2);
  expect(lastNames()).toEqual(['cache', 'web']);
  records.close();
});

describe('at the next check, without another start, what is lost is on record again:', () => {
  test('what could not be written', () => {
    const records = open();
    start(records, 'db', 'one');
    rmSync(dirname(path), { recursive: true });
    writeFileSync(dirname(path), '');
    start(records, 'web', 'two');
    records.check();
    rmSync(dirname(path));
    mkdirSync(dirname(path));
    records.check();
    expect(lastNames()).toEqual(['db', 'web']);
    expect(warnings).toHaveLength(2);
    records.close();
  });

  test('what went with its directory', () => {
    const records = open();
    start(records, 'web', 'one');
    renameSync(dirname(path), `${dirname(path)}.away`);
    mkdirSync(dirname(path));
    records.check();
    expect(lastNames()).toEqual(['web']);
    start(records, 'db', 'two');
    expect(lastNames()).toEqual(['db', 'web']);
    records.close();
  });
});

test('nothing is written into another directory to which a link in its place leads', () => {
  const victim = scratch();
  const records = open();
  start(records, 'web', 'one');
  renameSync(dirname(path), `${dirname(path)}.away`);
  symlinkSync(victim, dirname(path));
  records.check();
  start(records, 'db', 'two');
  records.observe(stopped('web'));
  records.observe(stopped('db'));
  records.close();
  expect(readdirSync(victim)).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('cannot be written')]);
});

test('the file does not grow for ever, and the last processes stay in it', () => {
  const records = open();
  start(records, 'steady', 'first');
  for (let index = 0; index < 6_000; index++) {
    start(records, 'restless', `run-${index}`);
    records.observe({ type: 'program.starting', name: 'restless', starts: index, because: 'process.exited' });
  }
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(10_010);
  expect(lastNames()).toEqual(['steady']);
  expect(known().runs.map(({ run }) => run)).toContain('run-5999');
  records.close();
});
