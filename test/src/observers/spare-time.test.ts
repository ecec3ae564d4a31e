import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SpareTime, type SliceResult } from '../../../src/observers/spare-time.js';

let slices: { readonly at: number; readonly budgetMs: number }[];
let result: SliceResult;
let spareTime: SpareTime;
let utilization: number;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  slices = [];
  result = 'done';
  utilization = 0;
  // What counts is what it was since the last slice.
  vi.spyOn(performance, 'eventLoopUtilization').mockImplementation((_now, since) => ({
    idle: 0,
    active: 0,
    utilization: since === undefined ? 1 - utilization : utilization,
  }));
  spareTime = new SpareTime(10, (budgetMs) => {
    slices.push({ at: Date.now(), budgetMs });
    return result;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('what is claimed in one moment is one slice, a moment later', () => {
  for (let claim = 0; claim < 3; claim++) spareTime.claim();
  vi.advanceTimersByTime(1_000);
  expect(slices).toEqual([{ at: 10, budgetMs: 8 }]);
  spareTime.claim();
  vi.advanceTimersByTime(1_000);
  expect(slices).toHaveLength(2);
});

test.for([
  { what: 'there is little else to do', busy: 0.2, pause: 24 },
  { what: 'there is much else to do', busy: 0.9, pause: 96 },
])('while $what, $pause ms are between two slices', ({ busy, pause }) => {
  utilization = busy;
  result = 'more';
  spareTime.claim();
  vi.advanceTimersByTime(10 + 3 * pause);
  expect(slices.map(({ at }) => at)).toEqual([0, 1, 2, 3].map((index) => 10 + index * pause));
});

test('what failed is tried again a second later', () => {
  result = 'failed';
  spareTime.claim();
  vi.advanceTimersByTime(10 + 999);
  expect(slices).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(slices).toHaveLength(2);
});

test('what throws is claimed again like anything else', () => {
  const failing = new SpareTime(10, () => {
    slices.push({ at: Date.now(), budgetMs: 0 });
    throw new Error('a listener of warnings failed');
  });
  for (let time = 0; time < 2; time++) {
    failing.claim();
    expect(() => vi.advanceTimersByTime(10)).toThrow('a listener');
  }
  expect(slices).toHaveLength(2);
});

test('at the end all of it is done at once, and no more', () => {
  result = 'more';
  spareTime.claim();
  spareTime.finish();
  expect(slices).toEqual([{ at: 0, budgetMs: Infinity }]);
  vi.advanceTimersByTime(1_000);
  expect(slices).toHaveLength(1);
});
