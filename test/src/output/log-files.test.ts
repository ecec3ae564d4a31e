import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { closed } from '../../../src/os/closed.js';
import { maxLineBytes } from '../../../src/output/line-splitter.js';
import { LogFiles } from '../../../src/output/log-files.js';
import {
  defaultLogLimits,
  defaultLogManner,
  type LogLimits,
  type LogManner,
} from '../../../src/protocol/log-settings.js';
import { scratch } from '../scratch.js';

vi.mock('../../../src/os/closed.js', { spy: true });

interface Setting {
  readonly directory: string;
  readonly warnings: string[];
  readonly files: LogFiles;
  /** A stream that a program speaks into. */
  readonly speaker: (name: string, stream?: 'stdout' | 'stderr', manner?: Partial<LogManner>) => PassThrough;
  readonly read: (name: string) => string;
}

function setting(directory = scratch(), limits: Partial<LogLimits> = {}): Setting {
  const warnings: string[] = [];
  const files = new LogFiles(directory, { ...defaultLogLimits, ...limits }, (problem) => warnings.push(problem));
  return {
    directory,
    warnings,
    files,
    speaker: (name, stream = 'stdout', manner = {}) => {
      const source = new PassThrough();
      files.connect(name, stream, source, { ...defaultLogManner, ...manner });
      return source;
    },
    read: (name) => readFileSync(join(directory, `${name}.log`), 'latin1'),
  };
}

/** Says something, and waits until it was heard. */
const say = (source: PassThrough, text: string | Buffer) =>
  new Promise<void>((resolve) => source.write(text, () => setImmediate(resolve)));

test('each program has a file of its own, byte for byte, which nobody else can read', async () => {
  const { directory, files, speaker, read } = setting();
  speaker('one').end(Buffer.of(0x00, 0xff, 0x0d, 0x0a, 0x80, 0x0a));
  speaker('other').end('hello\n');
  await files.finish(1_000);

  expect(read('one')).toBe('\x00\xff\r\n\x80\n');
  expect(read('other')).toBe('hello\n');
  expect(statSync(join(directory, 'one.log')).mode & 0o007).toBe(0);
});

test('two streams share a file in whole lines', async () => {
  const { files, speaker, read } = setting();
  const [stdout, stderr] = [speaker('one', 'stdout'), speaker('one', 'stderr')];
  await say(stdout, 'out ');
  await say(stderr, 'err 1\nerr ');
  await say(stdout, '1\nout 2\n');
  stderr.end('2');
  stdout.end();
  await files.finish(1_000);
  expect(read('one').split('\n').sort()).toEqual(['', 'err 1', 'err 2', 'out 1', 'out 2']);
});

test('a file is added to, also by the next incarnation', async () => {
  const { files, speaker, read } = setting();
  speaker('one').end('first\n');
  await files.finish(1_000);
  speaker('one').end('second\n');
  await files.finish(1_000);
  expect(read('one')).toBe('first\nsecond\n');
});

test('a line without an end does not grow in memory', async () => {
  const { files, speaker, read } = setting();
  const source = speaker('one');
  await say(source, 'x'.repeat(maxLineBytes));
  await say(source, 'y');
  expect(read('one')).toHaveLength(maxLineBytes + 1);
  source.end();
  await files.finish(1_000);
});

test('a file that was renamed is opened anew', async () => {
  const { directory, files, speaker, read } = setting();
  const source = speaker('one');
  await say(source, 'old\n');
  renameSync(join(directory, 'one.log'), join(directory, 'one.log.1'));
  await say(source, 'still old\n');
  files.reopen();
  await say(source, 'new\n');
  source.end();
  await files.finish(1_000);
  expect(read('one')).toBe('new\n');
  expect(readFileSync(join(directory, 'one.log.1'), 'utf8')).toBe('old\nstill old\n');
});

test('nothing is held open when all of a program’s streams have ended', async () => {
  const { files, speaker } = setting();
  const before = readdirSync('/proc/self/fd').length;
  const streams = [speaker('one', 'stdout'), speaker('one', 'stderr')];
  for (const source of streams) await say(source, 'x\n');
  for (const source of streams) source.end();
  await files.finish(1_000);
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

describe('a place that cannot be written', () => {
  test('is reported once, and once again when it is back; what was said meanwhile is lost', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const directory = join(scratch(), 'logs');
    writeFileSync(directory, 'a file in its place');
    const { warnings, files, speaker, read } = setting(directory);
    const source = speaker('one');
    await say(source, 'lost\n');
    await say(source, 'lost too\n');
    expect(warnings).toEqual([expect.stringContaining('output is being lost')]);

    rmSync(directory);
    mkdirSync(directory);
    vi.advanceTimersByTime(1_000);
    await say(source, 'kept\n');
    expect(warnings.slice(1)).toEqual([expect.stringContaining('written again')]);
    expect(read('one')).toBe('kept\n');
    source.end();
    await files.finish(1_000);
    vi.useRealTimers();
  });

  test('is also a link that somebody planted', async () => {
    const { directory, warnings, files, speaker } = setting();
    symlinkSync(join(directory, 'elsewhere'), join(directory, 'one.log'));
    speaker('one').end('secret\n');
    await files.finish(1_000);
    expect(warnings).toHaveLength(1);
    expect(readdirSync(directory)).toEqual(['one.log']);
  });

  test('is told where only its end says that it was not written', async () => {
    const { warnings, files, speaker, read } = setting();
    const source = speaker('one');
    await say(source, 'first\n');
    vi.mocked(closed).mockReturnValueOnce(new Error('EDQUOT: disk quota exceeded, close'));
    files.reopen();
    await say(source, 'second\n');
    source.end();
    await files.finish(1_000);
    expect(warnings).toEqual([expect.stringMatching(/one\.log: output may be lost \(EDQUOT/)]);
    expect(read('one')).toBe('first\nsecond\n');
  });

  test('does not end the other programs’ files', async () => {
    const { directory, files, speaker, read } = setting();
    mkdirSync(join(directory, 'bad.log'));
    speaker('bad').end('lost\n');
    speaker('good').end('kept\n');
    await files.finish(1_000);
    expect(read('good')).toBe('kept\n');
    rmSync(join(directory, 'bad.log'), { recursive: true });
  });
});

describe('the end', () => {
  test('is not waited for where nothing is open', async () => {
    await expect(setting().files.finish(60_000)).resolves.toBeUndefined();
  });

  test('closes what is still open after the deadline, and keeps what it said', async () => {
    const { files, speaker, read } = setting();
    await say(speaker('one'), 'half a line');
    await files.finish(10);
    expect(read('one')).toBe('half a line\n');
  });

  test('is not hindered by a stream that breaks', async () => {
    const { files, speaker } = setting();
    speaker('one').destroy(new Error('read failed'));
    await expect(files.finish(60_000)).resolves.toBeUndefined();
  });
});
