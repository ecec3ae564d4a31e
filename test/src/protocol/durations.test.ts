import { expect, test } from 'vitest';
import { maxDelay, milliseconds, secondsText } from '../../../src/protocol/durations.js';

test.each<[text: string, ms: number]>([
  ['0', 0],
  ['1', 1_000],
  ['1.', 1_000],
  ['.5', 500],
  ['2.0005', 2_001],
  [secondsText(maxDelay), maxDelay],
])('%s seconds are %i ms', (text, ms) => {
  expect(milliseconds('timeout', text)).toBe(ms);
});

test.each(['', ' ', '.', '-1', '1e3', '0x1', 'NaN', 'Infinity', '1s', '2147483.648'])('%j is no duration', (text) => {
  expect(() => milliseconds('timeout', text)).toThrow(
    expect.objectContaining({ code: 'EUSAGE', message: '--timeout: expected seconds from 0 to 2147483.647' }) as Error,
  );
});

test('bounds are kept, and named', () => {
  expect(milliseconds('for', '0.001', 1, 5_000)).toBe(1);
  expect(milliseconds('for', '5', 1, 5_000)).toBe(5_000);
  for (const text of ['0', '5.001']) {
    expect(() => milliseconds('for', text, 1, 5_000)).toThrow('--for: expected seconds from 0.001 to 5');
  }
});
