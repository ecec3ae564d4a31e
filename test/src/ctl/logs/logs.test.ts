import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { LogFollower } from '../../../../src/ctl/logs/log-follower.js';
import { linesBackwards } from '../../../../src/ctl/logs/lines-backwards.js';
import { countOf, logView, sinceOf } from '../../../../src/ctl/logs/log-view.js';
import { logsOf, type LogQuery, type LogSource } from '../../../../src/ctl/logs/logs.js';
import { logFilesOf } from '../../../../src/protocol/log-names.js';
import { scratch } from '../../scratch.js';

const patience = { interval: 5, timeout: 5_000 };
const stamp = (second: number) => `2020-11-25T10:00:${String(second).padStart(2, '0')}.000Z`;

async function linesOf(source: Partial<LogSource>, query: LogQuery): Promise<string[]> {
  const { lines, close } = await logsOf({ logs: undefined, logfile: undefined, ...source }, query);
  close();
  return lines.map(({ name, line }) => `${name}: ${line}`);
}

test('the lines of a file, the last one first, are those that it has', async () => {
  const path = join(scratch(), 'file');
  const line = fc.oneof(
    fc.stringMatching(/^[aé€]{0,9}$/),
    fc.constant('x'.repeat(70_000)),
    fc.constant('y'.repeat(65_535)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), fc.boolean(), async (lines, isGzip, hasEnd) => {
      const text = lines.join('\n') + (hasEnd && lines.length > 0 ? '\n' : '');
      writeFileSync(path, isGzip ? gzipSync(text) : text);
      const expected = text.split('\n');
      if (expected.at(-1) === '') expected.pop();
      const read: string[] = [];
      for await (const found of linesBackwards({ path, isGzip })) read.push(found);
      expect(read.toReversed()).toEqual(expected);
    }),
    { numRuns: 80 },
  );
});

describe('of --logs', () => {
  test('the last lines of each program are read across rotated files, be they compressed', async () => {
    const logs = scratch();
    writeFileSync(join(logs, 'web.log.000001.gz'), gzipSync('1\n2\n'));
    writeFileSync(join(logs, 'web.log.000002'), '3\n4\n');
    writeFileSync(join(logs, 'web.log'), '5\n');
    writeFileSync(join(logs, 'other.log'), 'a\nb\n');
    const query = { names: ['web', 'other'] };
    expect(await linesOf({ logs }, { ...query, last: 4 })).toEqual([
      ...['2', '3', '4', '5'].map((line) => `web: ${line}`),
      'other: a',
      'other: b',
    ]);
    expect(await linesOf({ logs }, { names: ['web'] })).toHaveLength(5);
    expect(await linesOf({ logs }, { names: ['nobody'] })).toEqual([]);
  });

  test('lines with stamps are merged by time, standard error of its own among them, and begin where asked', async () => {
    const logs = scratch();
    writeFileSync(join(logs, 'web.log'), `${stamp(1)} one\n${stamp(4)} four\n`);
    writeFileSync(join(logs, 'web.stderr'), `${stamp(2)} two\n`);
    writeFileSync(join(logs, 'api.log'), `${stamp(3)} three\n`);
    const names = ['web', 'api'];
    expect(await linesOf({ logs }, { names })).toEqual(['web: one', 'web: two', 'api: three', 'web: four']);
    expect(await linesOf({ logs }, { names, since: Date.parse(stamp(3)) })).toEqual(['api: three', 'web: four']);
  });

  test('without stamps, files that were not written since are left out', async () => {
    const logs = scratch();
    writeFileSync(join(logs, 'web.log.000001'), 'old\n');
    utimesSync(join(logs, 'web.log.000001'), 1_000, 1_000);
    writeFileSync(join(logs, 'web.log'), 'new\n');
    expect(await linesOf({ logs }, { names: ['web'], since: 2_000_000 })).toEqual(['web: new']);
  });

  test('nothing is missed or told twice by who follows, however fast the files are rotated', async () => {
    const logs = scratch();
    const path = join(logs, 'web.log');
    writeFileSync(path, 'before\n');
    const { lines, follow, close } = await logsOf({ logs, logfile: undefined }, { names: ['web'] });
    onTestFinished(close);
    const heard: string[] = [];
    appendFileSync(path, 'between\nha');
    follow(({ line }) => heard.push(line));
    appendFileSync(path, 'lf\n');
    // All before anybody can look.
    for (const number of [1, 2, 3]) {
      renameSync(path, `${path}.00000${number}`);
      writeFileSync(path, `${number}\n`);
    }
    renameSync(path, `${path}.000004`);
    writeFileSync(`${path}.000004.gz`, gzipSync('3\n'));
    renameSync(`${path}.000004`, join(logs, 'gone'));
    writeFileSync(path, 'last\n');
    await vi.waitFor(() => expect(heard).toEqual(['between', 'half', '1', '2', '3', 'last']), patience);
    expect(lines.map(({ line }) => line)).toEqual(['before']);
  });

  test('nothing is missed or told twice when files become full while the full ones are listed', () => {
    const logs = scratch();
    const path = join(logs, 'web.log');
    let number = 0;
    const rotate = () => {
      renameSync(path, `${path}.00000${++number}`);
      writeFileSync(path, `after ${number}\n`);
    };
    const full = () => {
      const listed = logFilesOf(logs, 'web').filter((file) => file.number !== undefined);
      if (number > 0 && number < 4) rotate();
      return listed;
    };
    writeFileSync(path, 'before\n');
    const heard: string[] = [];
    const follower = new LogFollower([{ path, full, onLine: (line) => heard.push(line) }]);
    onTestFinished(() => follower.stop());
    appendFileSync(path, 'between\n');
    rotate();
    follower.begin();
    expect(heard).toEqual(['between', 'after 1', 'after 2', 'after 3', 'after 4']);
  });

  test('what is said while the history is read is not told as history too', async () => {
    const logs = scratch();
    writeFileSync(join(logs, 'api.log.000001.gz'), gzipSync('old\n'));
    writeFileSync(join(logs, 'web.log'), 'before\n');
    const asked = logsOf({ logs, logfile: undefined }, { names: ['api', 'web'] });
    appendFileSync(join(logs, 'web.log'), 'between\n');
    const { lines, follow, close } = await asked;
    onTestFinished(close);
    const heard: string[] = [];
    follow(({ line }) => heard.push(line));
    expect(lines.map(({ line }) => line)).toEqual(['old', 'before']);
    expect(heard).toEqual(['between']);
  });

  test('a line that grows is told whole, and its bytes are not copied again and again', async () => {
    const logs = scratch();
    const path = join(logs, 'web.log');
    const { follow, close } = await logsOf({ logs, logfile: undefined }, { names: ['web'] });
    onTestFinished(close);
    const long = Array.from({ length: 400_000 }, (_, index) => `${index}`).join();
    writeFileSync(path, `first\n${long}\nlast\nha`);
    const concat = vi.spyOn(Buffer, 'concat');
    onTestFinished(() => concat.mockRestore());
    const heard: string[] = [];
    follow(({ line }) => heard.push(line));
    const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
    expect(copied).toBeLessThanOrEqual(statSync(path).size);
    expect(heard.map((line) => line.length)).toEqual([5, long.length, 4]);
    expect(heard).toEqual(['first', long, 'last']);
  });

  test('a program that is silent yet is followed from its first line on', async () => {
    const logs = scratch();
    const { follow, close } = await logsOf({ logs, logfile: undefined }, { names: ['web'] });
    onTestFinished(close);
    const heard: string[] = [];
    follow(({ line }) => heard.push(line));
    writeFileSync(join(logs, 'web.log'), 'first\n');
    await vi.waitFor(() => expect(heard).toEqual(['first']), patience);
  });
});

const irregular: [what: string, make: (path: string) => void][] = [
  ['a fifo', (path) => void execFileSync('mkfifo', [path])],
  ['a directory', (path) => mkdirSync(path)],
];

describe.each(irregular)('what is no file is passed over: nobody waits for %s', (_what, make) => {
  test('that bears the name of a full file', async () => {
    const logs = scratch();
    writeFileSync(join(logs, 'web.log.000001'), '1\n');
    make(join(logs, 'web.log.000002'));
    make(join(logs, 'web.log.000003.gz'));
    writeFileSync(join(logs, 'web.log'), '4\n');
    expect(await linesOf({ logs }, { names: ['web'] })).toEqual(['web: 1', 'web: 4']);
  });

  test('in the place of the file that is written, and what comes to stand there is followed', async () => {
    const logs = scratch();
    const path = join(logs, 'web.log');
    writeFileSync(`${path}.000001`, '1\n');
    make(path);
    const { lines, follow, close } = await logsOf({ logs, logfile: undefined }, { names: ['web'] });
    onTestFinished(close);
    expect(lines.map(({ line }) => line)).toEqual(['1']);
    const heard: string[] = [];
    follow(({ line }) => heard.push(line));
    rmSync(path, { recursive: true });
    writeFileSync(path, '2\n');
    await vi.waitFor(() => expect(heard).toEqual(['2']), patience);
    renameSync(path, `${path}.000002`);
    make(path);
    make(`${path}.000003`);
    appendFileSync(`${path}.000002`, '3\n');
    await vi.waitFor(() => expect(heard).toEqual(['2', '3']), patience);
  });

  test('and the log of a monitor is refused where it is none', async () => {
    const logfile = join(scratch(), 'log');
    make(logfile);
    await expect(linesOf({ logfile }, { names: ['web'] })).rejects.toMatchObject({
      code: 'EDIRECTORY',
      message: `${logfile}: cannot be read (is not a regular file)`,
    });
  });
});

describe('of the monitor’s own log', () => {
  const record = (second: number, name: string, msg: string, stream?: string) =>
    `${JSON.stringify({ level: 30, time: Date.parse(stamp(second)), name, stream, msg })}\n`;

  test('lines of programs are found among its own, and followed', async () => {
    const logfile = join(scratch(), 'log');
    writeFileSync(
      logfile,
      [
        record(1, 'web', 'one', 'stdout'),
        record(2, 'web', 'web: started, pid 5'),
        'no record\n',
        record(3, 'api', 'two', 'stderr'),
        record(4, 'other', 'x', 'stdout'),
        record(5, 'web', 'three', 'stdout'),
      ].join(''),
    );
    const names = ['web', 'api'];
    expect(await linesOf({ logfile }, { names })).toEqual(['web: one', 'api: two', 'web: three']);
    expect(await linesOf({ logfile }, { names, last: 1 })).toEqual(['api: two', 'web: three']);
    expect(await linesOf({ logfile }, { names, since: Date.parse(stamp(4)) })).toEqual(['web: three']);

    const { follow, close } = await logsOf({ logs: undefined, logfile }, { names });
    onTestFinished(close);
    const heard: unknown[] = [];
    follow((line) => heard.push(line));
    appendFileSync(logfile, record(6, 'api', 'four', 'stderr'));
    const line = { name: 'api', stream: 'stderr', time: stamp(6), line: 'four' };
    await vi.waitFor(() => expect(heard).toEqual([line]), patience);
  });
});

test.each([
  [{}, 'EUSAGE', '--logs or --logfile is needed'],
  [{ logs: '/no/such' }, 'EDIRECTORY', '/no/such: the monitor has written no logs there'],
  [{ logfile: '/no/such' }, 'EDIRECTORY', '/no/such: cannot be read'],
])('where nothing can be shown it is said why: %j', async (source, code, message) => {
  await expect(linesOf(source, { names: ['web'] })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
});

describe('a line is shown', () => {
  const line = { name: 'web', stream: null, time: null, line: '\u001b[31mred\u001b[0m\t\u001b]0;title\u0007' };

  test('as it is where no terminal is, and there without what could drive it', () => {
    const manner = { json: false, terminal: false, colour: false };
    expect(logView(['web'], manner)(line)).toBe(line.line);
    expect(logView(['web'], { ...manner, terminal: true })(line)).toBe(
      '\u001b[31mred\u001b[0m\t\\u001b]0;title\\u0007',
    );
  });

  test('with a column for the name among others, in a colour of its own', () => {
    const manner = { json: false, terminal: false, colour: false };
    expect(logView(['web', 'worker'], manner)({ ...line, line: 'x' })).toBe('web    | x');
    expect(logView(['web', 'worker'], { ...manner, colour: true })({ ...line, line: 'x' })).toBe(
      '\u001b[36mweb    |\u001b[39m x',
    );
  });

  test('as JSON, with a version', () => {
    const view = logView(['web'], { json: true, terminal: true, colour: true });
    expect(JSON.parse(view({ ...line, line: 'x' }))).toEqual({ version: 1, ...line, line: 'x' });
  });
});

test('times are absolute or ago', () => {
  const now = Date.parse(stamp(30));
  expect(sinceOf('90s', now)).toBe(now - 90_000);
  expect(sinceOf('1.5h', now)).toBe(now - 5_400_000);
  expect(sinceOf(stamp(3), now)).toBe(Date.parse(stamp(3)));
  expect(() => sinceOf('yesterday', now)).toThrow('--since: expected a time');
  expect(countOf('12')).toBe(12);
  expect(() => countOf('-1')).toThrow('-n: expected a number');
});
