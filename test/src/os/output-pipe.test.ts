import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { readPipe, withBefore } from '../../../src/os/output-pipe.js';
import { scratch } from '../scratch.js';

function ends(): { read: number; write: number } {
  const path = join(scratch(), 'pipe');
  execFileSync('mkfifo', [path]);
  const both = openSync(path, 'r+');
  const read = openSync(path, 'r');
  const write = openSync(path, 'w');
  closeSync(both);
  return { read, write };
}

/** A pipe: its read end as a stream, and the descriptor of the other. */
function pipe(): { source: Socket; write: number } {
  const { read, write } = ends();
  return { source: readPipe(read), write };
}

function say(words: readonly string[], write: number): void {
  spawn(words[0]!, words.slice(1), { stdio: ['ignore', write, 'ignore'] });
  closeSync(write);
}

test('two pipes at once are heard each for itself, though they are read into the same place', async () => {
  const [one, other] = [pipe(), pipe()];
  const heard = new Map<Socket, Buffer[]>([
    [one.source, []],
    [other.source, []],
  ]);
  for (const [source, chunks] of heard) source.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
  say(['seq', '1', '200000'], one.write);
  say(['seq', '-f', 'x%.0f', '1', '200000'], other.write);
  await Promise.all([once(one.source, 'close'), once(other.source, 'close')]);
  const [numbers, named] = [...heard.values()].map((chunks) => Buffer.concat(chunks).toString().trimEnd().split('\n'));
  const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}`);
  expect(numbers).toEqual(expected);
  expect(named).toEqual(expected.map((number) => `x${number}`));
});

test('one that was found full is enlarged, once', async () => {
  const { read, write } = ends();
  const enlarged: number[] = [];
  const source = readPipe(read, (descriptor) => enlarged.push(descriptor));
  writeSync(write, 'x'.repeat(1_000));
  await once(source, 'data');
  expect(enlarged).toEqual([]);
  for (let time = 0; time < 2; time++) {
    source.pause();
    writeSync(write, 'x'.repeat(64 * 1024));
    source.resume();
    await once(source, 'data');
  }
  expect(enlarged).toEqual([read]);
  closeSync(write);
  await once(source, 'close');
});

test('who reads it otherwise than by its data events gets copies', async () => {
  const { source, write } = pipe();
  say(['seq', '1', '100000'], write);
  expect((await buffer(source)).toString()).toBe(Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join(''));
});

test('while it is paused nothing is read, and its writer has to wait', async () => {
  const { source, write } = pipe();
  let heard = 0;
  source.on('data', (chunk: Buffer) => {
    heard += chunk.length;
    source.pause();
  });
  const child = spawn('head', ['-c', '1000000', '/dev/zero'], { stdio: ['ignore', write, 'ignore'] });
  closeSync(write);
  await once(source, 'pause');
  const before = heard;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toBe(before);
  expect(child.exitCode).toBeNull();
  source.on('pause', () => setImmediate(() => source.resume()));
  source.resume();
  await once(source, 'close');
  expect(heard).toBe(1_000_000);
});

test('what came before is put in front of a chunk, in its place or in a copy', async () => {
  const { source, write } = pipe();
  const before = [Buffer.from('a'), Buffer.alloc(64 * 1024 - 1, 'b')];
  const joined = once(source, 'data').then(([chunk]) => withBefore(before, 64 * 1024, chunk as Buffer).toString());
  writeSync(write, 'c');
  closeSync(write);
  const expected = `a${'b'.repeat(64 * 1024 - 1)}c`;
  expect(await joined).toBe(expected);
  expect(withBefore(before, 64 * 1024, Buffer.from('c')).toString()).toBe(expected);
  const alone = Buffer.from('alone');
  expect(withBefore([], 0, alone)).toBe(alone);
  source.destroy();
});
