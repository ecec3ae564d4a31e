import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fixture } from '../fixtures/programs.js';
import { test } from './colony.js';
import type { RunningMonitor, Told } from './running-monitor.js';

/** The first starts of a program, as many as asked for. */
async function startsOf(monitor: RunningMonitor, name: string, count: number): Promise<Told<'program.starting'>[]> {
  const starts = Array.from({ length: count }, (_, index) =>
    monitor.fact('program.starting', { name, starts: index + 1 }),
  );
  return Promise.all(starts);
}

/** Milliseconds between each death and the start after it. */
function waits(monitor: RunningMonitor, name: string, starts: readonly Told<'program.starting'>[]): number[] {
  const deaths = monitor.facts('program.died', { name });
  return starts.slice(1).map((start, index) => start.time - deaths[index]!.time);
}

test('a program that dies at once starts again after 0.4, 0.8, 1.6, 1.6 s', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '1', '-m', '0.4', '-M', '1.6');
  colony.write('brief', { args: ['false'] });
  const starts = await startsOf(monitor, 'brief', 5);

  for (const [index, expected] of [400, 800, 1_600, 1_600].entries()) {
    const wait = waits(monitor, 'brief', starts)[index];
    // A timer never fires early, but both ends are rounded to milliseconds.
    expect(wait).toBeGreaterThanOrEqual(expected - 2);
    expect(wait).toBeLessThan(expected + 350);
  }
  expect(await colony.statusLike('brief', { starts: 5 })).toMatchObject({
    restarts: 4,
    lastExit: { code: 1, signal: null },
  });
  expect(await colony.statusLike('brief', { state: 'backing-off' })).toMatchObject({
    instantDeaths: 5,
    pid: null,
    nextStartAt: expect.any(String),
  });
});

test('a program that outlives threshold starts again at once, and its delay is back at the minimum', async ({
  colony,
}) => {
  const monitor = await colony.monitor('-t', '0.8', '-m', '0.3', '-M', '10');
  const count = join(colony.root, 'count');
  colony.write('moody', { args: [fixture('lives'), count, '0', '0', '1.2', '0'] });
  await startsOf(monitor, 'moody', 5);

  const delays = monitor.facts('program.backing-off', { name: 'moody' }).map(({ delay }) => delay);
  expect(delays).toEqual([300, 600, 300]);
  const [, , death] = monitor.facts('program.died', { name: 'moody' });
  const restart = monitor.facts('program.starting', { name: 'moody' })[3]!;
  expect(restart).toMatchObject({ because: 'process.exited' });
  expect(restart.time - death!.time).toBeLessThan(150);
});

test('threshold 0 knows no instant death', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '0', '-m', '60', '-M', '60');
  colony.write('brief', { args: [fixture('lives'), join(colony.root, 'count'), '0', '0', '0'] });
  await startsOf(monitor, 'brief', 4);
  expect(monitor.facts('program.backing-off')).toEqual([]);
});

test('what cannot be started backs off in the same way, and its status says why', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '1', '-m', '0.1', '-M', '0.2');
  const notExecutable = join(colony.root, 'plain-file');
  writeFileSync(notExecutable, 'not a program\n', { mode: 0o644 });
  const programs: [name: string, code: string, file: object][] = [
    ['missing', 'ENOENT', { args: ['/no/such/program'] }],
    ['not-in-path', 'ENOENT', { args: ['no-such-program'] }],
    ['forbidden', 'EACCES', { args: [notExecutable] }],
    ['below-a-file', 'ENOTDIR', { args: [`${notExecutable}/program`] }],
  ];
  if (process.getuid?.() === 0) programs.push(['nobody', 'EPRIVILEGE', { args: ['true'], uid: 987_654 }]);
  for (const [name, , file] of programs) colony.write(name, file);

  for (const [name, code] of programs) {
    await startsOf(monitor, name, 4);
    const delays = monitor.facts('program.backing-off', { name }).map(({ delay }) => delay);
    expect(delays.slice(0, 3)).toEqual([100, 200, 200]);
    expect(await colony.statusLike(name, { state: 'backing-off' })).toMatchObject({
      pid: null,
      error: { code, message: expect.stringMatching(/./) },
    });
  }
  expect(colony.processes()).toEqual([]);
});

test('a restart asked for in back-off happens at once', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '30', '-m', '60', '-M', '60');
  colony.write('brief', { args: [fixture('lives'), join(colony.root, 'count'), '0'] });
  await monitor.fact('program.backing-off', { name: 'brief' });
  const since = monitor.now;
  colony.send({ type: 'RESTART', name: 'brief' });
  await monitor.fact('program.started', { name: 'brief' }, since);
  expect(monitor.facts('program.starting', { name: 'brief' })).toHaveLength(2);
});

test('a start asked for in back-off happens at once', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '30', '-m', '60', '-M', '60');
  colony.write('brief', { args: [fixture('lives'), join(colony.root, 'count'), '0'] });
  await monitor.fact('program.backing-off', { name: 'brief' });
  const since = monitor.now;
  colony.send({ type: 'START', name: 'brief' });
  await monitor.fact('program.started', { name: 'brief' }, since);
  expect(monitor.facts('program.starting', { name: 'brief' })).toHaveLength(2);
});

test('a new file ends a back-off, and its delay', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '30', '-m', '60', '-M', '600');
  colony.write('brief', { args: ['false'] });
  await monitor.fact('program.backing-off', { name: 'brief' });
  const since = monitor.now;
  colony.write('brief', { args: ['false', 'again'] });
  expect(await monitor.fact('program.backing-off', { name: 'brief' }, since)).toMatchObject({ delay: 60_000 });
});

test('a restart asked for while starting is no instant death', async ({ colony }) => {
  const monitor = await colony.monitor('-t', '60', '-m', '60', '-M', '60');
  colony.write('young', { args: ['sleep', '1000'] });
  const old = await monitor.fact('program.started', { name: 'young' });
  const since = monitor.now;
  colony.send({ type: 'RESTART', name: 'young' });
  const { pid } = await monitor.fact('program.started', { name: 'young' }, since);

  expect(pid).not.toBe(old.pid);
  expect(monitor.facts('program.backing-off')).toEqual([]);
  expect(await colony.statusLike('young', { pid })).toMatchObject({ state: 'starting', instantDeaths: 0, restarts: 1 });
});
