import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Outputs } from '../../../src/output/outputs.js';
import { defaultLogManner } from '../../../src/protocol/log-settings.js';
import { OutputTails } from '../../../visualize/server/output-tails.js';

function tails() {
  const passedOn: string[] = [];
  const outputs: Outputs = {
    connect: (_name, _stream, source) => void source.on('data', (chunk: Buffer) => passedOn.push(chunk.toString())),
    handOver: () => undefined,
    finish: () => Promise.resolve(),
    reopen: () => undefined,
  };
  const kept = new OutputTails(outputs);
  const open = (name: string, stream: 'stdout' | 'stderr' = 'stdout') => {
    const source = new PassThrough();
    kept.connect(name, stream, source, defaultLogManner);
    return { say: (text: string | Buffer) => source.emit('data', Buffer.from(text)) };
  };
  return { kept, open, passedOn };
}

const texts = (kept: OutputTails, name: string) => kept.linesOf(name).map(({ text }) => text);

it('keeps the last lines of each program, and passes everything on', () => {
  const { kept, open, passedOn } = tails();
  const [web, db] = [open('web'), open('db')];
  web.say('one\ntw');
  db.say('other\n');
  web.say('o\r\nthree');
  expect(texts(kept, 'web')).toEqual(['one', 'two', 'three']);
  expect(texts(kept, 'db')).toEqual(['other']);
  expect(texts(kept, 'nobody')).toEqual([]);
  expect(passedOn.join('')).toBe('one\ntwother\no\r\nthree');
});

it('glues no halves of lines of two streams together', () => {
  const { kept, open } = tails();
  const [out, err] = [open('web'), open('web', 'stderr')];
  out.say('he');
  err.say('oops\n');
  out.say('llo\n');
  expect(kept.linesOf('web')).toEqual([
    { stream: 'stderr', text: 'oops' },
    { stream: 'stdout', text: 'hello' },
  ]);
});

it('is bounded, however much is said and in whatever pieces', () => {
  const { kept, open } = tails();
  const { say } = open('web');
  say('x'.repeat(1_000_000));
  expect(texts(kept, 'web').join('').length).toBeLessThanOrEqual(16 * 1024);
  for (let index = 0; index < 50_000; index++) say('y');
  say('\nlast\n');
  expect(texts(kept, 'web').at(-1)).toBe('last');
  expect(texts(kept, 'web').join('').length).toBeLessThanOrEqual(18 * 1024);
});

it('tells that something was said, and forgets', () => {
  const { kept, open } = tails();
  const heard: string[] = [];
  kept.onOutput = (name) => heard.push(name);
  const before = kept.serialOf('web');
  open('web').say('hello\n');
  expect(heard).toEqual(['web']);
  expect(kept.serialOf('web')).not.toBe(before);
  kept.forget('web');
  expect(texts(kept, 'web')).toEqual([]);
});
