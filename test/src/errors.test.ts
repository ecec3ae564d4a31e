import { readFileSync, readSync } from 'node:fs';
import { expect, it } from 'vitest';
import { messageOf, reasonOf, systemCode } from '../../src/errors.js';

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

it('tells the reason of the operating system without its paths', () => {
  const missing = thrownBy(() => readFileSync("/none, of 'these'"));
  expect(reasonOf(missing)).toBe('ENOENT: no such file or directory');
  expect(systemCode(missing)).toBe('ENOENT');
  expect(reasonOf(thrownBy(() => readSync(999, Buffer.alloc(1))))).toBe('EBADF: bad file descriptor');
});

it('tells of anything that is thrown in one line', () => {
  expect(messageOf(new Error('a\nb'))).toBe('a');
  expect(messageOf('text')).toBe('text');
  expect(systemCode('text')).toBe('EDEFECT');
  expect(systemCode(new Error('a'), 'OTHER')).toBe('OTHER');
});
