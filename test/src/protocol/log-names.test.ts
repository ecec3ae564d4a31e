import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fullNumbersIn, fullPath, logFilesOf, logName, readLogFile } from '../../../src/protocol/log-names.js';
import { scratch } from '../scratch.js';

const namesOf = (directory: string, name: string) => logFilesOf(directory, name).map(({ path }) => basename(path));

test('the files of a program are its own, row by row, the oldest first', () => {
  const directory = scratch();
  const own = ['web.log.000002.gz', 'web.log.000010', 'web.log.1000000', 'web.log', 'web.stderr.000001', 'web.stderr'];
  const others = ['web.log.log', 'web.log.1.log', 'web.log.old', 'web.log.000003.gz.new', 'web2.log', 'we', 'webxlog'];
  for (const name of [...own, ...others]) writeFileSync(join(directory, name), '');
  expect(namesOf(directory, 'web')).toEqual(own);
  expect(namesOf(directory, 'web.log')).toEqual(['web.log.log']);
  expect(namesOf(directory, 'nobody')).toEqual([]);
});

test('what is being compressed is named once, by its original', () => {
  const directory = scratch();
  for (const name of ['web.log.000001.gz', 'web.log.000001']) writeFileSync(join(directory, name), '');
  expect(namesOf(directory, 'web')).toEqual(['web.log.000001']);
});

test('names sort as the files do', () => {
  expect(logName('web', 'output')).toBe('web.log');
  expect(fullPath(logName('web', 'stderr'), 12)).toBe('web.stderr.000012');
});

test('a compressed file reads as it was said', async () => {
  const directory = scratch();
  const said = Buffer.from('one\ntwo\n');
  writeFileSync(join(directory, 'web.log.000001.gz'), gzipSync(said));
  writeFileSync(join(directory, 'web.log'), said);
  for (const file of logFilesOf(directory, 'web')) expect(await buffer(readLogFile(file))).toEqual(said);
});

test('a file that is gone is an error, compressed or not', async () => {
  const directory = scratch();
  for (const isGzip of [true, false]) {
    const file = { path: join(directory, 'gone'), row: 'output', number: 1, isGzip } as const;
    await expect(buffer(readLogFile(file))).rejects.toThrow('ENOENT');
  }
});

test('full files are numbered whatever the name of their program', () => {
  const directory = scratch();
  for (const name of ['web', 'a\u2028b', 'c\nd']) {
    for (const number of [1, 2]) writeFileSync(join(directory, fullPath(logName(name, 'output'), number)), '');
  }
  expect(fullNumbersIn(directory)).toEqual(
    new Map(['web.log', 'a\u2028b.log', 'c\nd.log'].sort().map((name) => [name, [1, 2]])),
  );
});
