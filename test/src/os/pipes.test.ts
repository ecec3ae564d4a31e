import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, fstatSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closePipe, PipeStock, type Pipe } from '../../../src/os/pipes.js';
import { systemTool } from '../../../src/os/system-tools.js';
import { scratch } from '../scratch.js';

const mkfifo = systemTool('mkfifo') ?? '';
const nonBlocking = 0o4000;

let temporary: string;
let stock: PipeStock;
const taken: Pipe[] = [];
const before = process.env['TMPDIR'];

beforeEach(() => {
  temporary = scratch();
  process.env['TMPDIR'] = temporary;
  stock = new PipeStock(mkfifo);
});

afterEach(async () => {
  // Pipes that are being made in advance.
  await vi.waitFor(() => expect(readdirSync(temporary).filter((name) => name.startsWith('ncolony-'))).toEqual([]));
  for (const pipe of taken.splice(0)) closePipe(pipe);
  stock.close();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
});

async function take(count: number): Promise<Pipe[]> {
  const pipes = await stock.take(count);
  taken.push(...pipes);
  return pipes;
}

const openDescriptors = () => readdirSync('/proc/self/fd').length;

test('what goes in at one end comes out at the other', async () => {
  const [pipe] = await take(1);
  writeFileSync(pipe!.write, 'through');
  const buffer = Buffer.alloc(100);
  expect(buffer.toString('utf8', 0, readSync(pipe!.read, buffer))).toBe('through');
});

test('a program can open its own /dev/stdout', async () => {
  const [pipe] = await take(1);
  const child = spawn('sh', ['-c', 'echo x > /dev/stdout'], { stdio: ['ignore', pipe!.write, 'ignore'] });
  expect(await once(child, 'exit')).toEqual([0, null]);
  const buffer = Buffer.alloc(100);
  expect(buffer.toString('utf8', 0, readSync(pipe!.read, buffer))).toBe('x\n');
});

test('a reader sees the end when the last writer has gone', async () => {
  const [pipe] = await stock.take(1);
  closeSync(pipe!.write);
  expect(readSync(pipe!.read, Buffer.alloc(1))).toBe(0);
  closeSync(pipe!.read);
});

test('both ends are in blocking mode, as programs expect them', async () => {
  const [pipe] = await take(1);
  for (const end of [pipe!.read, pipe!.write]) {
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${end}`, 'latin1'))![1]!, 8);
    expect(flags & nonBlocking).toBe(0);
  }
});

test('nobody else can open them, and nothing is left of their names', async () => {
  const [pipe] = await take(1);
  expect(fstatSync(pipe!.read).mode & 0o077).toBe(0);
  expect(fstatSync(pipe!.read).isFIFO()).toBe(true);
  expect(readdirSync(temporary)).toEqual([]);
});

test('no pipe is given twice, however many ask at once', async () => {
  const all = (await Promise.all(Array.from({ length: 30 }, () => take(3)))).flat();
  expect(new Set(all.map(({ read }) => fstatSync(read).ino)).size).toBe(90);
  for (const { read, write } of all) expect(fstatSync(read).ino).toBe(fstatSync(write).ino);
});

test('a call of mkfifo serves several', async () => {
  const count = join(temporary, 'count');
  const tool = join(temporary, 'mkfifo');
  writeFileSync(tool, `#!/bin/sh\necho call >> ${count}\nexec ${mkfifo} "$@"\n`);
  chmodSync(tool, 0o755);
  stock = new PipeStock(tool);
  await Promise.all(Array.from({ length: 100 }, () => take(3)));
  expect(readFileSync(count, 'utf8').split('\n').length - 1).toBeLessThanOrEqual(15);
});

test('what is not taken is closed with the stock', async () => {
  const open = openDescriptors();
  const [pipe] = await stock.take(1);
  closePipe(pipe!);
  expect(openDescriptors()).toBeGreaterThan(open);
  stock.close();
  expect(openDescriptors()).toBe(open);
});

test('where none can be made whoever asks is told, nothing is left behind, and the next try may do', async () => {
  const tool = join(temporary, 'mkfifo');
  writeFileSync(tool, '#!/bin/sh\nexit 1\n');
  chmodSync(tool, 0o755);
  stock = new PipeStock(tool);
  const open = openDescriptors();
  await expect(stock.take(3)).rejects.toThrow(/mkfifo/);
  expect(openDescriptors()).toBe(open);
  expect(readdirSync(temporary)).toEqual(['mkfifo']);

  writeFileSync(tool, `#!/bin/sh\nexec ${mkfifo} "$@"\n`);
  expect(await take(3)).toHaveLength(3);
});
