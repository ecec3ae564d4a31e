import { PassThrough } from 'node:stream';
import pino from 'pino';
import { expect, test } from 'vitest';
import type { Log } from '../../../src/log.js';
import { TaggedLines } from '../../../src/output/tagged-lines.js';
import { defaultLogManner } from '../../../src/protocol/log-settings.js';

/** A log whose reader is as fast as the test wants. */
function logOf(level = 'info') {
  const records: object[] = [];
  const reader = { isBehind: false, catchUp: () => undefined as void };
  const write = (lines: string) =>
    void records.push(
      ...lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    );
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
  return { log, records, reader };
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
  expect(source.isPaused()).toBe(true);

  reader.catchUp();
  source.end('third\n');
  await outputs.finish(1_000);
  expect(records).toMatchObject([{ msg: 'first' }, { msg: 'second' }, { msg: 'third' }]);
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
