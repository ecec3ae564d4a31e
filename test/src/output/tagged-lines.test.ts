import { closeSync, readlinkSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import { expect, test, vi } from 'vitest';
import type { Log } from '../../../src/log.js';
import { TaggedLines } from '../../../src/output/tagged-lines.js';
import { defaultLogManner } from '../../../src/protocol/log-settings.js';

/** A log whose reader is as fast as the test wants. */
function logOf(level = 'info') {
  const texts: string[] = [];
  const records: object[] = [];
  const reader = { isBehind: false, catchUp: () => undefined as void };
  const write = (lines: string) => {
    texts.push(lines);
    for (const line of lines.trimEnd().split('\n')) records.push(JSON.parse(line) as object);
  };
  const log: Log = {
    logger: pino({ level, base: null }, { write }),
    write,
    isFull: () => reader.isBehind,
    onDrain: (listener) => {
      reader.catchUp = () => {
        reader.isBehind = false;
        listener();
      };
    },
    reopen: () => undefined,
    flush: () => Promise.resolve(),
  };
  return { log, records, reader, texts };
}

const turn = () => new Promise(setImmediate);

test('each line is a record with the name and the stream, whatever the level of the log', async () => {
  const { log, records } = logOf('fatal');
  const outputs = new TaggedLines(log);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  outputs.connect('web', 'stdout', stdout, defaultLogManner);
  outputs.connect('web', 'stderr', stderr, defaultLogManner);
  stdout.write('one ');
  stderr.write('two ');
  stdout.end('half\n');
  stderr.end('quarters');
  await outputs.finish(1_000);
  expect(records).toMatchObject([
    { name: 'web', stream: 'stdout', msg: 'one half' },
    { name: 'web', stream: 'stderr', msg: 'two quarters' },
  ]);
});

test('a record is what the logger itself would write', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
  const { log, texts } = logOf();
  const outputs = new TaggedLines(log);
  const lines = ['', 'plain', '"quoted" \\ \t \u0000 \u001b[31m', 'ünï€💡', 'x'.repeat(100), '\u2028'];
  const name = 'we"b\\é';
  const source = new PassThrough();
  outputs.connect(name, 'stderr', source, defaultLogManner);
  source.end(lines.map((line) => `${line}\n`).join(''));
  await outputs.finish(1_000);
  const said = texts.splice(0).join('');
  for (const line of lines) log.logger.child({ name, stream: 'stderr' }).info(line);
  expect(said).toBe(texts.join(''));
  vi.useRealTimers();
});

test('output that is to be thrown away is', async () => {
  const { log, records } = logOf();
  const outputs = new TaggedLines(log);
  const source = new PassThrough();
  outputs.connect('web', 'stdout', source, { ...defaultLogManner, to: 'none' });
  source.end('lost\n');
  await outputs.finish(1_000);
  expect(records).toEqual([]);
  const file = outputs.handOver('web', 'stdout', { ...defaultLogManner, to: 'none' });
  expect(readlinkSync(`/proc/self/fd/${file}`)).toBe('/dev/null');
  closeSync(file!);
  expect(outputs.handOver('web', 'stdout', { ...defaultLogManner, to: 'direct' })).toBeUndefined();
});

test('while one program is loud everything else has its turn, and the programs take turns', async () => {
  const { log, records } = logOf();
  const outputs = new TaggedLines(log);
  const sources = ['loud', 'louder'].map((name) => {
    const source = new PassThrough();
    outputs.connect(name, 'stdout', source, defaultLogManner);
    return source;
  });
  for (const source of sources) source.write(Buffer.alloc(200_000, '\n'));
  const turns: Set<unknown>[] = [];
  for (let heard = 0; heard < 400_000; heard = records.length) {
    await turn();
    turns.push(new Set(records.slice(heard).map((record) => Reflect.get(record, 'name') as unknown)));
  }
  expect(turns.length).toBeGreaterThan(4);
  const firstTurns = turns.slice(0, 4).flatMap((names) => Array.from(names));
  expect(new Set(firstTurns)).toEqual(new Set(['loud', 'louder']));
  for (const source of sources) source.end();
  await outputs.finish(1_000);
});

test('a program waits while the reader of the log is behind, and loses nothing', async () => {
  const { log, records, reader } = logOf();
  const outputs = new TaggedLines(log);
  const source = new PassThrough();
  outputs.connect('web', 'stdout', source, defaultLogManner);
  reader.isBehind = true;
  source.write('first\n');
  await turn();
  source.write('second\n');
  await turn();
  expect(records).toEqual([]);
  // A little is kept; then its pipe fills up.
  expect(source.isPaused()).toBe(false);
  const long = 'x'.repeat(20_000);
  source.write(`${long}\n`);
  await turn();
  expect(source.isPaused()).toBe(true);

  reader.catchUp();
  source.end('third\n');
  await outputs.finish(1_000);
  expect(records).toMatchObject([{ msg: 'first' }, { msg: 'second' }, { msg: long }, { msg: 'third' }]);
});

test('the end does not wait for ever for a reader that stands still', async () => {
  const { log, reader } = logOf();
  const outputs = new TaggedLines(log);
  const source = new PassThrough();
  outputs.connect('web', 'stdout', source, defaultLogManner);
  reader.isBehind = true;
  source.end('first\n');
  await expect(outputs.finish(10)).resolves.toBeUndefined();
});
