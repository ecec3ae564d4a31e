import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readFileBytes } from '../../../src/protocol/file-bytes.js';
import { scratch } from '../scratch.js';

it('reads a file, and through links', () => {
  const directory = scratch();
  writeFileSync(join(directory, 'file'), 'text');
  symlinkSync('file', join(directory, 'link'));
  for (const name of ['file', 'link']) {
    const read = readFileBytes(join(directory, name), 100);
    expect(read.kind === 'bytes' && read.bytes.toString()).toBe('text');
    expect(read.kind === 'bytes' && read.stats.size).toBe(4n);
  }
});

it('reads one byte more than the limit of a longer file, so that it can be told', () => {
  const path = join(scratch(), 'file');
  writeFileSync(path, 'x'.repeat(1_000));
  const lengths = [999, 1_000, 10].map((limit) => {
    const read = readFileBytes(path, limit);
    return read.kind === 'bytes' ? read.bytes.length : read.kind;
  });
  expect(lengths).toEqual([1_000, 1_000, 11]);
});

it('reads nothing of an empty file', () => {
  const path = join(scratch(), 'file');
  writeFileSync(path, '');
  expect(readFileBytes(path, 10)).toMatchObject({ kind: 'bytes', bytes: Buffer.alloc(0) });
});

it('does not find what is missing, nor what a dangling link points to', () => {
  const directory = scratch();
  symlinkSync('nowhere', join(directory, 'dangling'));
  expect(readFileBytes(join(directory, 'none'), 10)).toEqual({ kind: 'missing' });
  expect(readFileBytes(join(directory, 'dangling'), 10)).toEqual({ kind: 'missing' });
});

it('neither blocks on nor reads what is no regular file', async () => {
  const directory = scratch();
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  mkdirSync(join(directory, 'directory'));
  symlinkSync('loop', join(directory, 'loop'));
  symlinkSync('/dev/zero', join(directory, 'device'));
  writeFileSync(join(directory, 'file'), '');
  symlinkSync('file/below', join(directory, 'below-a-file'));
  const server = createServer().listen(join(directory, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  for (const name of ['fifo', 'directory', 'loop', 'device', 'below-a-file', 'socket']) {
    expect([name, readFileBytes(join(directory, name), 10)]).toEqual([name, { kind: 'irregular' }]);
  }
  server.close();
});

it.skipIf(process.geteuid?.() === 0)('says why it may not read a file', () => {
  const path = join(scratch(), 'file');
  writeFileSync(path, 'text');
  chmodSync(path, 0);
  expect(readFileBytes(path, 10)).toMatchObject({ kind: 'unreadable', error: { code: 'EACCES' } });
});

it('says why a path cannot be opened', () => {
  expect(readFileBytes(join(scratch(), 'x'.repeat(300)), 10)).toMatchObject({
    kind: 'unreadable',
    error: { code: 'ENAMETOOLONG' },
  });
});
