import { expect, test } from 'vitest';
import { soakMachines, soakProcesses, type Figures } from './soaking.js';

// `npm run soak` does the whole: a million restarts of nothing, and 20,000 of real processes.
const isWhole = process.env['SOAK'] === 'whole';
const patience = { timeout: isWhole ? 4 * 3_600_000 : 120_000 };

// Caches are bounded, and what they hold is below this; in the whole it is not ten bytes a restart.
const mostHeap = 6 * 2 ** 20;

test('restarts of a fake process: heap, descriptors, timers, listeners and actors stay', patience, async () => {
  const restarts = isWhole ? 1_000_000 : 20_000;
  const begin = performance.now();
  const [before, after] = await soakMachines(restarts / 10, restarts);
  process.stdout.write(tableOf('fake', before, after, performance.now() - begin));
  expect(after.restarts).toBeGreaterThanOrEqual(restarts);
  expect(after.heap - before.heap).toBeLessThan(mostHeap);
  const { descriptors, listeners, actors } = before;
  expect(after).toMatchObject({ descriptors, listeners });
  // One may be backing off, which takes no process.
  expect(Math.abs(after.actors - actors)).toBeLessThanOrEqual(4);
  expect(after.timers - before.timers).toBeLessThan(10);
});

test('restarts of real processes: heap, descriptors, timers, listeners and actors stay', patience, async () => {
  const restarts = isWhole ? 20_000 : 600;
  const begin = performance.now();
  const [before, after] = await soakProcesses(restarts / 5, restarts);
  process.stdout.write(tableOf('real', before, after, performance.now() - begin));
  expect(after.restarts).toBeGreaterThanOrEqual(restarts);
  expect(after.heap - before.heap).toBeLessThan(mostHeap);
  // Pipes are kept in stock, so many that a batch of them costs little.
  expect(after.descriptors - before.descriptors).toBeLessThan(150);
  expect(after.timers - before.timers).toBeLessThan(15);
  expect(after.listeners).toBe(before.listeners);
  expect(Math.abs(after.actors - before.actors)).toBeLessThanOrEqual(4);
});

function tableOf(kind: string, before: Figures, after: Figures, ms: number): string {
  const lines = (Object.keys(before) as (keyof Figures)[]).map(
    (key) => `  ${key.padEnd(12)}${String(before[key]).padStart(12)}${String(after[key]).padStart(12)}\n`,
  );
  const rate = Math.round((after.restarts / ms) * 1_000);
  return `\n${kind} processes, ${(ms / 1_000).toFixed(0)} s, ${rate} restarts a second\n${lines.join('')}`;
}
