import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createActor } from 'xstate';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultTimings, supervisorMachine, type Fact } from '../../../machines/index.js';
import { readRecording, Recorder } from '../../../visualize/server/recorder.js';
import { temporaryDirectory } from '../../temporary-directory.js';

const megabyte = 1024 * 1024;

const irregular: [what: string, make: (path: string) => void][] = [
  ['a directory', (path) => mkdirSync(path)],
  ['a fifo', (path) => void execFileSync('mkfifo', [path])],
  ['a link', (path) => symlinkSync('elsewhere', path)],
];

describe('Recorder', () => {
  const home = temporaryDirectory();
  const file = join(home.path, 'flight.jsonl');
  const warnings: string[] = [];
  const root = createActor(supervisorMachine, { input: { timings: defaultTimings } });
  let recorder: Recorder;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    warnings.length = 0;
    recorder = new Recorder({ file, timings: defaultTimings, root, warn: (problem) => warnings.push(problem) });
  });
  afterEach(() => {
    recorder.close();
    vi.useRealTimers();
    rmSync(home.path, { recursive: true, force: true });
    mkdirSync(home.path);
  });

  const happen = (text: string) => {
    recorder.observe({ type: 'config.warned', name: 'web', warning: text } satisfies Fact);
    vi.advanceTimersByTime(100);
  };

  it('takes two files of a bounded size, however long it records, and each tells all by itself', () => {
    for (let index = 0; index < 1_000; index++) happen('x'.repeat(20_000));
    const [now, before] = [file, `${file}.1`].map((path) => readFileSync(path, 'utf8'));
    for (const text of [now, before]) expect(text).toMatch(/^\{"type":"hello"/);
    for (const path of [file, `${file}.1`]) expect(statSync(path).size).toBeLessThan(8.1 * megabyte);
    expect(statSync(`${file}.1`).size).toBeGreaterThan(8 * megabyte);
    expect(readRecording(file)).toBe(`${before}${now}`);
  });

  it('goes on in what a monitor before it recorded, however often monitors start', () => {
    for (const text of ['first', 'second', 'third']) {
      happen(text);
      recorder.close();
      appendFileSync(file, '{"type":"chan');
      recorder = new Recorder({ file, timings: defaultTimings, root, warn: (problem) => warnings.push(problem) });
    }
    happen('fourth');
    const lines = readRecording(file).split('\n');
    const heard = ['first', 'second', 'third', 'fourth'].map((text) =>
      lines.some((line) => line.startsWith('{"type":"changes"') && line.includes(text)),
    );
    expect(heard).toEqual([true, true, true, true]);
    expect(lines.filter((line) => line.startsWith('{"type":"hello"'))).toHaveLength(4);
    expect(existsSync(`${file}.1`)).toBe(false);
  });

  it('puts away what is no recording', () => {
    writeFileSync(file, 'something else\n');
    happen('told');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('something else\n');
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"type":"hello"/);
  });

  it.each(irregular)('leaves %s where it is, and records when it is gone', (_what, make) => {
    make(file);
    const { ino } = lstatSync(file);
    happen('lost');
    expect(warnings).toEqual([expect.stringMatching(/the recording is being lost \(is not a regular file\)$/)]);
    expect(lstatSync(file).ino).toBe(ino);
    expect(existsSync(`${file}.1`)).toBe(false);
    rmSync(file, { recursive: true });
    vi.advanceTimersByTime(5_000);
    happen('kept');
    expect(readFileSync(file, 'utf8')).toContain('kept');
  });

  it('says once that it cannot write, and goes on when it can', () => {
    rmSync(home.path, { recursive: true });
    happen('lost');
    happen('lost too');
    expect(warnings).toEqual([expect.stringMatching(/flight\.jsonl: the recording is being lost/)]);
    mkdirSync(home.path);
    vi.advanceTimersByTime(5_000);
    happen('kept');
    expect(readFileSync(file, 'utf8')).toContain('kept');
  });

  it('begins with what was recorded before it, where that is a recording', () => {
    writeFileSync(`${file}.1`, 'something else\n');
    happen('told');
    writeFileSync(`${file}.1`, 'something else\n');
    expect(readRecording(file)).toMatch(/^\{"type":"hello"/);
  });

  it.each(irregular.slice(0, 2))('goes without what was recorded before it where that is %s', (_what, make) => {
    happen('told');
    make(`${file}.1`);
    expect(readRecording(file)).toMatch(/^\{"type":"hello"/);
  });
});

describe('readRecording', () => {
  const home = temporaryDirectory();
  const file = join(home.path, 'flight.jsonl');
  afterAll(() => home.remove());

  it.each<[what: string, make: (path: string) => void, reason: string]>([
    ['nothing', () => {}, 'there is no such file'],
    ['a directory', (path) => mkdirSync(path), 'is not a regular file'],
    ['a fifo, at which nobody waits', (path) => void execFileSync('mkfifo', [path]), 'is not a regular file'],
    ['something else', (path) => writeFileSync(path, 'something else\n'), 'is not a recording'],
    ['what is too large', (path) => (writeFileSync(path, ''), truncateSync(path, 65 * megabyte)), 'is too large'],
  ])('refuses %s, naming it', (_what, make, reason) => {
    rmSync(file, { recursive: true, force: true });
    make(file);
    const refused = { code: 'EUSAGE', message: `${file}: ${reason}` };
    expect(() => readRecording(file)).toThrow(expect.objectContaining(refused) as Error);
  });
});
