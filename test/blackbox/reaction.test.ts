import { expect } from 'vitest';
import { test } from './colony.js';
import { median } from './median.js';
import { reactionsToCrashes, reactionsToFiles } from './reaction.js';

// Tried again when it fails: what else the machine does meanwhile is not our doing.
const patiently = { retry: 5 };

test('from the rename of a file to its process: median under 20 ms', patiently, async ({ colony }) => {
  const monitor = await colony.monitor('--frequency', '10');
  expect(median(await reactionsToFiles(colony, monitor, 21))).toBeLessThan(20);
});

test('from a crash after threshold to the replacement: median under 10 ms', patiently, async ({ colony }) => {
  const monitor = await colony.monitor('-t', '0.02');
  colony.write('crasher', { args: ['sleep', '1000'] });
  expect(median(await reactionsToCrashes(monitor, 'crasher', 15))).toBeLessThan(10);
});
