import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KeptFiles } from '../../../src/os/kept-files.js';
import { scratch } from '../scratch.js';

const pair = (entry: string) => [entry, `${entry}.why`];
const entryOf = (file: string) => file.replace(/\.why$/, '');

it('keeps so many entries, the newest ones, with all their files', () => {
  const directory = scratch();
  const kept = new KeptFiles({ count: 2, age: 1_000 }, pair);
  for (const [index, entry] of ['d', 'c', 'b', 'a'].entries()) {
    for (const file of pair(entry)) writeFileSync(join(directory, file), '');
    kept.add(directory, entry, index);
  }
  expect(readdirSync(directory).sort()).toEqual(['a', 'a.why', 'b', 'b.why']);
});

it('keeps none for longer than its age', () => {
  const directory = scratch();
  const kept = new KeptFiles({ count: 10, age: 1_000 }, pair);
  for (const [entry, at] of [
    ['one', 0],
    ['two', 500],
    ['three', 1_200],
  ] as const) {
    writeFileSync(join(directory, entry), '');
    kept.add(directory, entry, at);
  }
  expect(readdirSync(directory).sort()).toEqual(['three', 'two']);
});

it('counts what was there before it', () => {
  const directory = scratch();
  for (const [index, file] of ['new', 'old', 'old.why', 'older.why'].entries()) {
    writeFileSync(join(directory, file), '');
    utimesSync(join(directory, file), 100 - index, 100 - index);
  }
  const kept = new KeptFiles({ count: 2, age: 1_000_000 }, pair);
  kept.load(directory, entryOf);
  writeFileSync(join(directory, 'newest'), '');
  kept.add(directory, 'newest', 101_000);
  expect(readdirSync(directory).sort()).toEqual(['new', 'newest']);
});

it('counts an entry that is written again once, as new', () => {
  const directory = scratch();
  const kept = new KeptFiles({ count: 2, age: 1_000 }, (entry) => [entry]);
  for (const [index, entry] of ['a', 'b', 'a', 'c'].entries()) {
    writeFileSync(join(directory, entry), '');
    kept.add(directory, entry, index);
  }
  expect(readdirSync(directory).sort()).toEqual(['a', 'c']);
});
