import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prepareRuntimeDirectory, runtimePaths } from '../../../src/protocol/runtime-directory.js';
import { scratch } from '../scratch.js';

const refusal = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

it('is created where it is missing, for the monitor alone', () => {
  const paths = runtimePaths(scratch());
  prepareRuntimeDirectory(paths);
  prepareRuntimeDirectory(paths);
  for (const path of [paths.root, paths.status, paths.rejected, paths.replies, paths.history]) {
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
});

it('is closed where it was open to others', () => {
  const paths = runtimePaths(scratch());
  prepareRuntimeDirectory(paths);
  chmodSync(paths.status, 0o755);
  prepareRuntimeDirectory(paths);
  expect(statSync(paths.status).mode & 0o777).toBe(0o700);
});

it('is refused where it, or a directory in it, is a link or a file', () => {
  const messages = scratch();
  const elsewhere = scratch();
  const paths = runtimePaths(messages);
  symlinkSync(elsewhere, paths.root);
  expect(() => prepareRuntimeDirectory(paths)).toThrow(refusal('EDIRECTORY', /\.ncolony: is not a directory/));

  const others = runtimePaths(scratch());
  mkdirSync(others.root);
  writeFileSync(others.history, '');
  expect(() => prepareRuntimeDirectory(others)).toThrow(refusal('EDIRECTORY', /history: is not a directory/));
});

it.runIf(process.geteuid?.() === 0)('is refused where it is somebody else’s', () => {
  const paths = runtimePaths(scratch());
  prepareRuntimeDirectory(paths);
  chownSync(paths.replies, 1234, 1234);
  expect(() => prepareRuntimeDirectory(paths)).toThrow(refusal('EDIRECTORY', /replies: belongs to somebody else/));
});

it('is refused where it cannot be created', () => {
  expect(() => prepareRuntimeDirectory(runtimePaths(join(scratch(), 'none')))).toThrow(
    refusal('EDIRECTORY', /cannot be created \(ENOENT/),
  );
});
