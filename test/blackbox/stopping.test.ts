import { expect, vi } from 'vitest';
import { fixture } from '../fixtures/programs.js';
import { seeProcess } from '../processes.js';
import { test } from './colony.js';

const stays = { args: ['sleep', '1000'] };

test('a program that ignores SIGTERM is gone after killtime, and not before', async ({ colony }) => {
  const monitor = await colony.monitor('-k', '0.5');
  colony.write('deaf', { args: [fixture('deaf')] });
  await monitor.said('deaf', 'deaf');
  colony.remove('deaf');
  const killing = await monitor.fact('program.killing', { name: 'deaf' });
  await monitor.fact('program.killed', { name: 'deaf' });
  const stopped = await monitor.fact('program.stopped', { name: 'deaf' });

  expect(stopped.time - killing.time).toBeGreaterThanOrEqual(499);
  expect(stopped.time - killing.time).toBeLessThan(1_000);
  expect(await monitor.fact('program.died', { name: 'deaf' })).toMatchObject({ exit: { signal: 'SIGKILL' } });
  expect(colony.processes()).toEqual([]);
});

test('a grandchild that ignores SIGTERM is gone after killtime too, and named while it is waited for', async ({
  colony,
}) => {
  const monitor = await colony.monitor('-k', '0.5');
  colony.write('parent', { args: [fixture('deaf-grandchild')] });
  const { pid } = await monitor.fact('program.started', { name: 'parent' });
  await monitor.said('parent', 'deaf');
  const grandchild = colony.processes('parent').find((seen) => seen.pid !== pid)!;

  colony.remove('parent');
  expect(await monitor.fact('program.lingering', { name: 'parent' })).toMatchObject({ pids: [grandchild.pid] });
  await colony.statusLike('parent', { state: 'killing', stragglers: [grandchild.pid] });
  await monitor.fact('program.stopped', { name: 'parent' });
  expect(colony.processes()).toEqual([]);
});

test('nothing is started beside what is left of the process before', async ({ colony }) => {
  const monitor = await colony.monitor('-k', '0.5');
  colony.write('parent', { args: [fixture('deaf-grandchild')] });
  await monitor.said('parent', 'deaf');
  const before = colony.processes('parent').map((seen) => seen.pid);
  expect(before).toHaveLength(2);

  const since = monitor.now;
  colony.send({ type: 'RESTART', name: 'parent' });
  const { pid } = await monitor.fact('program.started', { name: 'parent' }, since);
  expect(seeProcess(pid)).toBeDefined();
  expect(before.filter((old) => seeProcess(old) !== undefined)).toEqual([]);
});

test('a daemon in a session of its own goes with its program', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('daemon', { args: [fixture('daemonise')] });
  const { pid } = await monitor.fact('program.started', { name: 'daemon' });
  await monitor.said('daemon', /^daemon/);
  expect(colony.processes('daemon').filter((seen) => seen.session !== pid)).toHaveLength(1);

  colony.remove('daemon');
  await monitor.fact('program.stopped', { name: 'daemon' });
  expect(colony.processes()).toEqual([]);
});

test('the stop signal is sent once, and not to what is born in answer to it', async ({ colony }) => {
  const monitor = await colony.monitor('-k', '1');
  // Its last deed is a child of its own, which has to be let alone.
  const script = 'trap "echo term; sleep 0.2 && echo done; exit" TERM; sleep 1000 & echo ready; wait; wait; wait';
  colony.write('orderly', { args: ['sh', '-c', script] });
  await monitor.said('orderly', 'ready');
  // A shell's child that is no other program yet may lose a signal.
  const commands = () => colony.processes('orderly').map(({ command }) => command[0]);
  await vi.waitFor(() => expect(commands()).toContain('sleep'));
  colony.remove('orderly');
  await monitor.fact('program.stopped', { name: 'orderly' });
  expect(monitor.saidBy('orderly')).toEqual(['ready', 'term', 'done']);
});

test('the main process alone is asked to end where its file says so, and the rest when it is gone', async ({
  colony,
}) => {
  const monitor = await colony.monitor('-k', '5');
  const script =
    '(trap "echo child; exit" TERM; sleep 1000 & echo ready; wait) & trap "sleep 0.2; echo parent; exit" TERM; wait';
  colony.write('alone', { args: ['sh', '-c', script], 'ncolony.stop': { tree: false } });
  await monitor.said('alone', 'ready');
  colony.remove('alone');
  await monitor.fact('program.stopped', { name: 'alone' });
  expect(monitor.saidBy('alone', 'stdout')).toEqual(['ready', 'parent', 'child']);
  expect(monitor.facts('program.killed')).toEqual([]);
});

test('every process has a session and a group of its own', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('one', stays);
  colony.write('other', stays);
  for (const name of ['one', 'other']) {
    const { pid } = await monitor.fact('program.started', { name });
    expect(seeProcess(pid)).toMatchObject({ pid, session: pid, group: pid });
  }
});

test('shutdown of 100 programs, one deaf: no process, no pid file, at most killtime and a second', async ({
  colony,
}) => {
  const monitor = await colony.monitor('-k', '1');
  for (let index = 0; index < 99; index++) colony.write(`program-${index}`, stays);
  colony.write('deaf', { args: [fixture('deaf')] });
  await monitor.said('deaf', 'deaf');
  await colony.settled(monitor);
  for (let index = 0; index < 99; index++) await monitor.fact('program.running', { name: `program-${index}` });
  expect(colony.pidFiles()).toHaveLength(100);

  const duration = await colony.stop(monitor);
  expect(duration).toBeGreaterThan(999);
  expect(duration).toBeLessThan(2_000);
});

test('a second SIGINT kills at once', async ({ colony }) => {
  const monitor = await colony.monitor('-k', '60');
  colony.write('deaf', { args: [fixture('deaf')] });
  await monitor.said('deaf', 'deaf');
  monitor.kill('SIGINT');
  await monitor.fact('program.killing', { name: 'deaf' });

  expect(await colony.stop(monitor, 'SIGINT')).toBeLessThan(2_000);
});

test('a monitor with nothing to wait for is gone at once, also right after a change', async ({ colony }) => {
  const monitor = await colony.monitor('-k', '60');
  colony.write('one', stays);
  for (let index = 0; index < 10; index++) {
    const since = monitor.now;
    colony.write('one', { ...stays, extra: index });
    await monitor.fact('program.started', { name: 'one' }, since);
  }

  expect(await colony.stop(monitor)).toBeLessThan(500);
});

test('a monitor without programs stops', async ({ colony }) => {
  const monitor = await colony.monitor();
  expect(await colony.stop(monitor)).toBeLessThan(500);
});

test('an order for a program that is being stopped for good does not bring it back', async ({ colony }) => {
  const monitor = await colony.monitor();
  colony.write('slow', { args: [fixture('slow-to-end'), '0.3'] });
  await monitor.said('slow', 'ready');
  monitor.kill('SIGTERM');
  await monitor.fact('program.killing', { name: 'slow' });
  colony.send({ type: 'RESTART', name: 'slow' });
  colony.write('late', stays);
  await monitor.ended;

  expect(monitor.facts('program.started')).toHaveLength(1);
  expect(colony.processes()).toEqual([]);
});
