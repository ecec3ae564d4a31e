import { expect, it } from 'vitest';
import { clockText, spanText } from '../../../src/ctl/time-texts.js';

it.each<[number, string]>([
  [-1, '0 ms'],
  [40, '40 ms'],
  [100, '0.1 s'],
  [2_000, '2 s'],
  [9_949, '9.9 s'],
  [9_960, '10 s'],
  [59_600, '1 min'],
  [185_000, '3 min 5 s'],
  [10_920_000, '3 h 2 min'],
  [3_600_000, '1 h'],
  [90_000_000, '1 d 1 h'],
])('%d ms are %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

it('a time is told by the clock of the place, and what is no time as it stands', () => {
  const { length } = 'hh:mm:ss.mmm';
  expect(clockText('2030-01-01T00:00:07.005Z')).toMatch(/^\d\d:\d\d:07\.005$/);
  expect(clockText('2030-01-01T00:00:07.005Z')).toHaveLength(length);
  expect(clockText('torn')).toBe('torn');
});
