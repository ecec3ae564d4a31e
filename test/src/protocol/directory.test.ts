import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listedNames } from '../../../src/protocol/directory.js';
import { scratch } from '../scratch.js';

test('names are listed in order, without those of half-written files', () => {
  const path = scratch();
  for (const name of ['b', 'Z', 'a.new', '.hidden', 'é', '𝒜']) writeFileSync(`${path}/${name}`, '');
  expect(listedNames(path)).toEqual(['Z', 'b', 'é', '𝒜']);
});

test('what is not UTF-8 is no name, and what looks like it is one', () => {
  const path = scratch();
  writeFileSync(`${path}/web`, '');
  writeFileSync(Buffer.concat([Buffer.from(`${path}/w`), Buffer.from([0xff])]), '');
  expect(listedNames(path)).toEqual(['web']);
  writeFileSync(`${path}/w\ufffd`, '');
  expect(listedNames(path)).toEqual(['web', 'w\ufffd']);
});
