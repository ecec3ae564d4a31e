import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check } from '../../src/ctl/check/check.js';
import { createDemo } from '../../src/demo.js';
import { scratch } from './scratch.js';

it('is a colony with two good programs', () => {
  const home = join(scratch(), 'colony');
  createDemo(home);
  expect(readdirSync(home).sort()).toEqual(['conf', 'logs', 'messages', 'pid']);
  expect(readdirSync(join(home, 'conf')).sort()).toEqual(['my-cat-program', 'ticker']);
  expect(check({ config: join(home, 'conf') })).toMatchObject({ checked: 2, faults: [], warnings: [] });
});

it('leaves a colony alone that is there', () => {
  const home = scratch();
  mkdirSync(join(home, 'conf'));
  createDemo(home);
  expect(readdirSync(home)).toEqual(['conf']);
  expect(readdirSync(join(home, 'conf'))).toEqual([]);
});
