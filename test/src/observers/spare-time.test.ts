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

const times = () => slices.map(({ at }) => at);

test('while there is little else to do, short pauses are between slices', () => {
  utilization = 0.2;
  result = 'more';
  spareTime.claim();
  vi.advanceTimersByTime(100);
  expect(times()).toEqual([10, 34, 58, 82]);
});

test('while there is much else to do, what a short first slice left waits, but not for ever', () => {
  utilization = 0.9;
  result = 'more';
  spareTime.claim();
  vi.advanceTimersByTime(1_800);
  expect(times()).toEqual([10, 1_546, 1_642, 1_738]);
  expect(slices.map(({ budgetMs }) => budgetMs)).toEqual([2, 8, 8, 8]);
});

test('when there is little else to do again, what was left waits no longer', () => {
  utilization = 0.9;
  result = 'more';
  spareTime.claim();
  vi.advanceTimersByTime(300);
  utilization = 0.2;
  vi.advanceTimersByTime(150);
  expect(times()).toEqual([10, 394, 418, 442]);
});

test('what is not due yet holds up nothing', () => {
  utilization = 0.9;
  result = 'later';
  spareTime.claim();
  vi.advanceTimersByTime(250);
  expect(times()).toEqual([10, 106, 202]);
});

test('what comes when all was done waits for nothing, whatever else there is to do', () => {
  utilization = 0.9;
  for (let time = 0; time < 3; time++) {
    spareTime.claim();
    vi.advanceTimersByTime(20);
  }
  expect(times()).toEqual([10, 30, 50]);
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
