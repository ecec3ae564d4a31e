import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs, {
  closeSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { maxLineBytes } from '../../../src/output/line-splitter.js';
import { LogFiles } from '../../../src/output/log-files.js';
import { logFilesOf, readLogFile } from '../../../src/protocol/log-names.js';
import {
  defaultLogLimits,
  defaultLogManner,
  type LogLimits,
  type LogManner,
} from '../../../src/protocol/log-settings.js';
import { temporaryDirectory } from '../../temporary-directory.js';
import { scratch } from '../scratch.js';

const say = (source: PassThrough, text: string | Buffer) =>
  new Promise<void>((resolve) => source.write(text, () => setImmediate(resolve)));

function rotating(limits: Partial<LogLimits>, directory = scratch()) {
  const warnings: string[] = [];
  const files = new LogFiles(directory, { ...defaultLogLimits, ...limits }, (problem) => warnings.push(problem));
  return {
    directory,
    warnings,
    files,
    speaker: (stream: 'stdout' | 'stderr' = 'stdout', manner: Partial<LogManner> = {}) => {
      const source = new PassThrough();
      files.connect('web', stream, source, { ...defaultLogManner, ...manner });
      return source;
    },
    /** The contents, the oldest first. */
    contents: () => logFilesOf(directory, 'web').map(({ path }) => readFileSync(path, 'latin1')),
  };
}

const names = (directory: string) => readdirSync(directory).sort();

test('a file is full before a line that does not fit any more', async () => {
  const { directory, files, speaker, contents } = rotating({ size: 10 });
  const source = speaker();
  await say(source, 'one\ntwo\n');
  await say(source, 'three\nfour\nfive\n');
  source.end();
  await files.finish(1_000);
  expect(contents()).toEqual(['one\ntwo\n', 'three\n', 'four\nfive\n']);
  expect(names(directory)).toEqual(['web.log', 'web.log.000001', 'web.log.000002']);
});

test('whatever is said, in whatever chunks, stands in the files in order, in whole lines, none beyond its size', async () => {
  const lines = fc.array(fc.stringMatching(/^[a-z]{0,12}$/), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat()), fc.integer({ min: 14, max: 60 }), async (said, cuts, size) => {
      const { path, remove } = temporaryDirectory();
      const { files, speaker, contents } = rotating({ size, keep: 1_000 }, path);
      const bytes = Buffer.from(said.map((line) => `${line}\n`).join(''));
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const source = speaker();
      let start = 0;
      for (const end of ends) {
        source.write(bytes.subarray(start, end));
        start = end;
      }
      source.end();
      await files.finish(1_000);
      expect(contents().join('')).toBe(bytes.toString());
      for (const content of contents()) {
        expect(content).toMatch(/^$|\n$/);
        expect(content.length).toBeLessThanOrEqual(size);
      }
      remove();
    }),
    { numRuns: 60 },
  );
});

test('a line that is longer than a file stays whole up to twice its size, and is then cut', async () => {
  const { files, speaker, contents } = rotating({ size: 10 });
  const source = speaker();
  await say(source, `a\n${'b'.repeat(19)}\n${'c'.repeat(25)}\nd\n`);
  source.end();
  await files.finish(1_000);
  expect(contents()).toEqual(['a\n', `${'b'.repeat(19)}\n`, 'c'.repeat(20), 'ccccc\nd\n']);
});

test('the oldest go when there are more than are kept', async () => {
  const { directory, files, speaker, contents } = rotating({ size: 2, keep: 2 });
  const source = speaker();
  for (const line of 'abcdef') await say(source, `${line}\n`);
  source.end();
  await files.finish(1_000);
  expect(contents()).toEqual(['d\n', 'e\n', 'f\n']);
  expect(names(directory)).toEqual(['web.log', 'web.log.000004', 'web.log.000005']);
});

test('all files together are never more than the total', async () => {
  const { files, speaker, contents } = rotating({ size: 1_000, keep: 1_000, total: 100 });
  const source = speaker();
  for (let line = 0; line < 200; line++) {
    await say(source, `line ${line}\n`);
    expect(contents().join('').length).toBeLessThanOrEqual(100);
  }
  expect(contents().join('')).toMatch(/^(line \d+\n){5,}line 199\n$/);
  source.end();
  await files.finish(1_000);
});

test('a file is full when it is old, from the beginning of it, whoever began it', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const directory = scratch();
  const first = rotating({ age: 1_000 }, directory);
  const source = first.speaker();
  await say(source, 'young\n');
  vi.advanceTimersByTime(999);
  await say(source, 'still young\n');
  vi.advanceTimersByTime(1);
  await say(source, 'new\n');
  source.end();
  await first.files.finish(1_000);
  expect(first.contents()).toEqual(['young\nstill young\n', 'new\n']);
  vi.useRealTimers();

  // A file's own time is the wall clock's.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2_000 });
  const next = rotating({ age: 1_000 }, directory);
  next.speaker().end('newer\n');
  await next.files.finish(1_000);
  expect(next.contents()).toEqual(['young\nstill young\n', 'new\n', 'newer\n']);
  vi.useRealTimers();
});

test('numbers go on where an earlier monitor ended, and no file is ever written over', async () => {
  const { directory, files, speaker, contents } = rotating({ size: 2 });
  writeFileSync(join(directory, 'web.log.000007.gz'), 'old');
  writeFileSync(join(directory, 'web.log'), 'a\n');
  const source = speaker();
  await say(source, 'b\n');
  // Of somebody who does not ask.
  writeFileSync(join(directory, 'web.log.000009'), 'strange');
  await say(source, 'c\n');
  source.end();
  await files.finish(1_000);
  expect(names(directory)).toEqual([
    'web.log',
    'web.log.000007.gz',
    'web.log.000008',
    'web.log.000009',
    'web.log.000010',
  ]);
  expect(contents()).toEqual(['old', 'a\n', 'strange', 'b\n', 'c\n']);
});

describe('the line of another', () => {
  test('is never mixed with a long one of the first stream, which is cut', async () => {
    const { files, speaker, contents } = rotating({});
    const [stdout, stderr] = [speaker('stdout'), speaker('stderr')];
    await say(stdout, 'x'.repeat(maxLineBytes + 1));
    await say(stderr, 'error\n');
    await say(stdout, 'x\nout\n');
    stdout.end();
    stderr.end();
    await files.finish(1_000);
    expect(contents().join('').split('\n')).toEqual(['x'.repeat(maxLineBytes + 1), 'error', 'x', 'out', '']);
  });

  test('does not get the rest of a chunk as large as a pipe', async () => {
    const { files, speaker, contents } = rotating({});
    const [stdout, stderr] = [speaker('stdout'), speaker('stderr')];
    await say(stdout, 'half ');
    await say(stdout, `line\n${'x\n'.repeat(maxLineBytes / 2)}half `);
    await say(stderr, 'error\n');
    await say(stdout, 'line\n');
    stdout.end();
    stderr.end();
    await files.finish(1_000);
    const lines = contents().join('').split('\n');
    expect(lines.filter((line) => line === 'half line')).toHaveLength(2);
    expect(lines).toContain('error');
  });

  test.each(['half a line', 'x'.repeat(maxLineBytes + 1)])(
    'does not continue %.12s… of a process or a monitor that ended',
    async (text) => {
      const { directory, files, speaker, contents } = rotating({});
      speaker().end(text);
      await files.finish(1_000);
      expect(contents()).toEqual([`${text}\n`]);
      writeFileSync(join(directory, 'web.log'), text);
      speaker().end('next\n');
      await files.finish(1_000);
      expect(contents()).toEqual([`${text}\nnext\n`]);
    },
  );

  test('is not begun by a SIGHUP within a long line', async () => {
    const { files, speaker, contents } = rotating({});
    const source = speaker();
    await say(source, 'x'.repeat(maxLineBytes + 1));
    files.reopen();
    await say(source, 'x\n');
    source.end();
    await files.finish(1_000);
    expect(contents()).toEqual([`${'x'.repeat(maxLineBytes + 2)}\n`]);
  });
});

describe('full files are compressed', () => {
  test('in the background, byte for byte, with their times and modes', async () => {
    const { directory, files, speaker } = rotating({ size: 2_000, gzip: true });
    const source = speaker();
    const said = Buffer.from(Array.from({ length: 900 }, (_, index) => (index % 9 === 8 ? 10 : (index * 7919) % 256)));
    await say(source, said);
    await say(source, said);
    await say(source, said);
    const full = join(directory, 'web.log.000001');
    await vi.waitFor(() => expect(names(directory)).toEqual(['web.log', 'web.log.000001.gz']));
    expect(statSync(`${full}.gz`).mode & 0o777).toBe(0o640);
    expect(statSync(`${full}.gz`).mtimeMs).toBeLessThanOrEqual(statSync(join(directory, 'web.log')).mtimeMs);
    source.end();
    await files.finish(1_000);
    const parts = await Promise.all(logFilesOf(directory, 'web').map((file) => buffer(readLogFile(file))));
    const ended = said.at(-1) === 10 ? [said] : [said, Buffer.of(10)];
    expect(Buffer.concat(parts).equals(Buffer.concat([said, said, ...ended]))).toBe(true);
  });

  test('also those that a monitor which was killed left half done', async () => {
    const { directory, files, speaker } = rotating({ size: 2, gzip: true });
    writeFileSync(join(directory, 'web.log.000001'), 'old\n');
    writeFileSync(join(directory, 'web.log.000001.gz.new'), 'half');
    writeFileSync(join(directory, 'web.log.000002'), 'older\n');
    writeFileSync(join(directory, 'web.log.000002.gz'), 'whole, but not taken for it');
    const source = speaker();
    await say(source, 'a\nb\n');
    const gzips = ['web.log', 'web.log.000001.gz', 'web.log.000002.gz', 'web.log.000003.gz'];
    await vi.waitFor(() => expect(names(directory)).toEqual(gzips));
    expect(gunzipSync(readFileSync(join(directory, 'web.log.000002.gz'))).toString()).toBe('older\n');
    source.end();
    await files.finish(1_000);
  });

  test('and let go of as they are when the end comes before', async () => {
    const { directory, files, speaker, contents } = rotating({ size: 20_000_000, gzip: true });
    // What takes long to compress.
    const said = Buffer.from(`${randomBytes(15_000_000).toString('base64').slice(0, 19_999_999)}\n`);
    const source = speaker();
    await say(source, said);
    await say(source, 'end\n');
    source.end();
    await files.finish(1_000);
    expect(names(directory)).toEqual(['web.log', 'web.log.000001']);
    expect(contents()[0]?.length).toBe(said.length);
  });

  test('but one that is let go of while it is being compressed leaves nothing', async () => {
    const { directory, files, speaker } = rotating({ size: 4_000_000, keep: 1, gzip: true });
    const source = speaker();
    const large = Buffer.from(`${randomBytes(2_999_998).toString('base64').slice(0, 3_999_999)}\n`);
    await say(source, large);
    await say(source, 'a\n');
    await vi.waitFor(() => expect(names(directory)).toContain('web.log.000001.gz.new'), { interval: 1 });
    await say(source, large);
    await say(source, 'b\n');
    expect(names(directory)).not.toContain('web.log.000001');
    // For a moment the full file stands beside its copy.
    await vi.waitFor(() => expect(names(directory)).toEqual(['web.log', 'web.log.000003.gz']), { timeout: 10_000 });
    source.end();
    await files.finish(1_000);
  });

  test('but not those that are let go of before', async () => {
    const { directory, files, speaker } = rotating({ size: 2, keep: 1, gzip: true });
    const source = speaker();
    await say(source, Array.from({ length: 200 }, () => 'a\n').join(''));
    await vi.waitFor(() => expect(names(directory)).toEqual(['web.log', 'web.log.000199.gz']));
    source.end();
    await files.finish(1_000);
  });
});

describe('somebody else', () => {
  test('who renamed the file has put it away himself, without a word', async () => {
    const { directory, files, speaker, contents } = rotating({ size: 6 });
    const source = speaker();
    await say(source, 'one\n');
    renameSync(join(directory, 'web.log'), join(directory, 'kept'));
    writeFileSync(join(directory, 'web.log'), 'h\n');
    await say(source, 'two\n');
    await say(source, 'three\n');
    source.end();
    await files.finish(1_000);
    expect(readFileSync(join(directory, 'kept'), 'utf8')).toBe('one\n');
    expect(contents()).toEqual(['h\ntwo\n', 'three\n']);
  });

  test('who planted a link where a full file goes gets nothing', async () => {
    const { directory, files, speaker } = rotating({ size: 2, gzip: true, keep: 1 });
    const elsewhere = join(scratch(), 'elsewhere');
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, join(directory, 'web.log.000001'));
    symlinkSync(elsewhere, join(directory, 'web.log.000002.gz.new'));
    linkSync(elsewhere, join(directory, 'web.log.000003'));
    const source = speaker();
    for (const line of 'abc') await say(source, `${line}\n`);
    await vi.waitFor(() => expect(existsSync(join(directory, 'web.log.000005.gz'))).toBe(true));
    source.end();
    await files.finish(1_000);
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
  });

  test('who keeps it from being put away is told of once, and no line is lost', async () => {
    vi.useFakeTimers({ toFake: ['performance'], now: 10_000 });
    const { warnings, files, speaker, contents } = rotating({ size: 4 });
    vi.spyOn(fs, 'renameSync').mockImplementation(() => {
      throw new Error('EACCES: permission denied, rename');
    });
    syncBuiltinESMExports();
    const source = speaker();
    for (const line of 'abc') await say(source, `${line}\n`);
    vi.advanceTimersByTime(1_000);
    await say(source, 'd\n');
    expect(contents()).toEqual(['a\nb\nc\nd\n']);
    expect(warnings).toEqual([expect.stringContaining('cannot be put away, it grows on (EACCES: permission denied)')]);
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    vi.advanceTimersByTime(1_000);
    await say(source, 'e\n');
    source.end();
    await files.finish(1_000);
    expect(contents()).toEqual(['a\nb\nc\nd\n', 'e\n']);
    expect(warnings).toHaveLength(1);
    vi.useRealTimers();
  });
});

describe('stamps', () => {
  test('begin each line, and only lines', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-25T10:11:12.345Z') });
    const { files, speaker, contents } = rotating({ stamps: true });
    const source = speaker();
    await say(source, Buffer.from('one\n\ntw'));
    await say(source, Buffer.of(0xff, 0x0a));
    await say(source, 'x'.repeat(maxLineBytes + 1));
    await say(source, 'x\nlast');
    source.end();
    await files.finish(1_000);
    const stamp = '2026-11-25T10:11:12.345Z ';
    const lines = ['one', '', 'tw\xff', 'x'.repeat(maxLineBytes + 2), 'last'];
    expect(contents()).toEqual([lines.map((line) => `${stamp}${line}\n`).join('')]);
    vi.useRealTimers();
  });
});

describe('a program’s own word', () => {
  const handed = { to: 'direct' } as const;

  /** A process says something into a file that is handed over to it. */
  function sayInto(file: number | undefined, word: string): void {
    if (file === undefined) throw new Error('nothing is handed over');
    execFileSync('sh', ['-c', `echo ${word}`], { stdio: ['ignore', file, 'ignore'] });
    closeSync(file);
  }

  test('gives standard error a file of its own, with a row of full ones', async () => {
    const { directory, files, speaker } = rotating({ size: 5 });
    const manner = { stderr: 'own' } as const;
    const [stdout, stderr] = [speaker('stdout', manner), speaker('stderr', manner)];
    await say(stdout, 'out\n');
    await say(stderr, 'err\n');
    await say(stderr, 'two\n');
    stdout.end();
    stderr.end();
    await files.finish(1_000);
    const read = logFilesOf(directory, 'web').map(({ path }) => [basename(path), readFileSync(path, 'utf8')]);
    expect(read).toEqual([
      ['web.log', 'out\n'],
      ['web.stderr.000001', 'err\n'],
      ['web.stderr', 'two\n'],
    ]);
  });

  test('overrides the monitor’s limits', async () => {
    const { files, speaker, contents } = rotating({ size: 1_000 });
    const source = speaker('stdout', { limits: { size: 2, keep: 1 } });
    await say(source, 'a\nb\nc\n');
    source.end();
    await files.finish(1_000);
    expect(contents()).toEqual(['b\n', 'c\n']);
  });

  test('throws output away', async () => {
    const { directory, files, speaker } = rotating({});
    speaker('stdout', { to: 'none' }).end('lost\n');
    speaker('stderr', { stderr: 'none' }).end('lost\n');
    await files.finish(1_000);
    expect(names(directory)).toEqual([]);
    for (const manner of [{ to: 'none' }, { to: 'direct', stderr: 'none' }] as const) {
      sayInto(files.handOver('web', 'stderr', { ...defaultLogManner, ...manner }), 'lost');
    }
    expect(names(directory)).toEqual([]);
  });

  test('hands the file to the process, full ones put away before', () => {
    const { directory, files, contents } = rotating({ size: 5 });
    for (const word of ['one', 'two', 'three']) {
      sayInto(files.handOver('web', 'stdout', { ...defaultLogManner, ...handed }), word);
    }
    expect(contents()).toEqual(['one\ntwo\n', 'three\n']);
    writeFileSync(join(directory, 'web.log'), 'torn');
    sayInto(files.handOver('web', 'stdout', { ...defaultLogManner, ...handed }), 'next');
    expect(contents().slice(-2)).toEqual(['torn\n', 'next\n']);
  });

  test('is not obeyed where the file is a planted link: then there is a pipe, and a warning', async () => {
    const { directory, files, speaker, warnings } = rotating({});
    symlinkSync('elsewhere', join(directory, 'web.log'));
    expect(files.handOver('web', 'stdout', { ...defaultLogManner, ...handed })).toBeUndefined();
    speaker('stdout', handed).end('lost\n');
    await files.finish(1_000);
    expect(warnings).toHaveLength(1);
  });

  test('keeps the file where the process has it: nobody puts it away meanwhile', async () => {
    const { directory, files, speaker } = rotating({ size: 2 });
    const source = speaker('stderr', handed);
    for (const line of 'abc') await say(source, `${line}\n`);
    source.end();
    await files.finish(1_000);
    expect(names(directory)).toEqual(['web.log']);
  });
});
