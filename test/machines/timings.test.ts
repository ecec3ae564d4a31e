import { describe, expect, test } from 'vitest';
import { defaultTimings, nextRestartDelay } from '../../machines/index.js';

describe('timings', () => {
  test('the defaults are NColony’s own, in milliseconds', () => {
    expect(defaultTimings).toEqual({
      threshold: 1_000,
      killtime: 5_000,
      minRestartDelay: 1_000,
      maxRestartDelay: 3_600_000,
    });
  });

  test('a restart delay doubles until the cap, and stays there', () => {
    const timings = { ...defaultTimings, minRestartDelay: 400, maxRestartDelay: 1_600 };
    const delays = [400];
    for (let turn = 0; turn < 4; turn++) delays.push(nextRestartDelay(delays.at(-1)!, timings));
    expect(delays).toEqual([400, 800, 1_600, 1_600, 1_600]);
  });

  test('a cap that is no power of two of the minimum is reached all the same', () => {
    const timings = { ...defaultTimings, maxRestartDelay: 1_500 };
    expect(nextRestartDelay(1_000, timings)).toBe(1_500);
    expect(nextRestartDelay(1_500, timings)).toBe(1_500);
  });
});
