import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Colony } from '../blackbox/colony.js';
import { median } from '../blackbox/median.js';
import { reactionsToFiles } from '../blackbox/reaction.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';

const size = 1_000;
const names = Array.from({ length: size }, (_, index) => `program-${index}`);

describe('1,000 programs', () => {
  let colony: Colony;
  let monitor: RunningMonitor;

  const start = async () => {
    monitor = await colony.monitor('--frequency', '10');
    await monitor.count('program.running', size);
  };

  beforeAll(async () => {
    colony = new Colony();
    for (const name of names) colony.write(name, { args: ['sleep', '1000'] });
    await start();
  }, 60_000);
  afterAll(() => colony.cleanUp());

  test('are told and started once each, none by way of a back-off', () => {
    expect(
      monitor
        .facts('config.added')
        .flatMap((fact) => fact.names)
        .sort(),
    ).toEqual([...names].sort());
    expect(monitor.facts('program.started')).toHaveLength(size);
    expect(new Set(colony.processes().map((seen) => seen.environment['NCOLONY_NAME'])).size).toBe(size);
    expect(monitor.facts('program.backing-off')).toEqual([]);
  });

  test('do not slow down the way from a file to its process: median under 20 ms', { retry: 3 }, async () => {
    expect(median(await reactionsToFiles(colony, monitor, 21))).toBeLessThan(20);
  });

  test('are all gone within 2 s of a SIGTERM', { retry: 2, timeout: 60_000 }, async () => {
    if (monitor.hasEnded) await start();
    const told = Date.now();
    await colony.stop(monitor);
    const last = Math.max(...monitor.facts('program.stopped').map(({ time }) => time));
    expect(last - told).toBeLessThan(2_000);
  });
});
