import { describe, expect } from 'vitest';
import { test, type Colony } from '../blackbox/colony.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { fixture } from '../fixtures/programs.js';
import { seeProcess } from '../processes.js';

const alive = (pids: readonly number[]) => pids.filter((pid) => seeProcess(pid) !== undefined);

/** What can be asked of a program so that everything of its past has to go. */
const orders: Record<string, (colony: Colony, monitor: RunningMonitor) => Promise<unknown>> = {
  remove: async (colony, monitor) => {
    colony.remove('daemon');
    await monitor.fact('program.stopped', { name: 'daemon' });
  },
  stop: async (colony, monitor) => {
    expect(await colony.ctl('stop', 'daemon')).toMatchObject({ code: 0 });
    await monitor.fact('program.stopped', { name: 'daemon' });
  },
  restart: async (colony, monitor) => {
    const since = monitor.now;
    expect(await colony.ctl('restart', 'daemon')).toMatchObject({ code: 0 });
    await monitor.fact('program.starting', { name: 'daemon', because: 'process.gone' }, since);
  },
  'change of its file': async (colony, monitor) => {
    const since = monitor.now;
    colony.write('daemon', { args: ['sleep', '1000'] });
    await monitor.fact('program.started', { name: 'daemon' }, since);
  },
  shutdown: (colony, monitor) => colony.stop(monitor),
  'start of the next monitor': async (colony, monitor) => {
    monitor.kill('SIGKILL');
    await monitor.ended;
    const next = await colony.monitor();
    await next.fact('program.starting', { name: 'daemon' });
  },
};

describe('a double-forking daemon is found and ended', () => {
  test.for(Object.keys(orders))('beside its main process, on %s', async (order, { colony }) => {
    const monitor = await colony.monitor();
    colony.write('daemon', { args: [fixture('daemonise')] });
    await monitor.said('daemon', /^daemon/);
    const before = colony.processes('daemon').map(({ pid }) => pid);
    expect(before).toHaveLength(2);
    await orders[order]!(colony, monitor);
    expect(alive(before)).toEqual([]);
  });

  test.for(Object.keys(orders))('whose main process exited, one after the other, on %s', async (order, { colony }) => {
    const monitor = await colony.monitor('-t', '5', '-m', '0.01', '-M', '60');
    colony.write('daemon', { args: [fixture('daemon-of-old')] });
    // It backs off longer and longer; each start leaves one more.
    await monitor.fact('program.backing-off', { instantDeaths: 7 });
    await expect.poll(() => colony.processes('daemon').length).toBe(7);
    const before = colony.processes('daemon').map(({ pid }) => pid);
    await orders[order]!(colony, monitor);
    expect(alive(before)).toEqual([]);
  });

  test('though the stop comes when the next start is on its way', async ({ colony }) => {
    const monitor = await colony.monitor('-t', '0');
    colony.write('daemon', { args: [fixture('daemon-of-old')] });
    await monitor.count('program.started', 20);
    colony.remove('daemon');
    await monitor.fact('program.stopped', { name: 'daemon' });
    expect(colony.processes('daemon')).toEqual([]);
  });

  test('though it cannot be started any more', async ({ colony }) => {
    const monitor = await colony.monitor('-t', '0');
    colony.write('daemon', { args: [fixture('daemonise')] });
    await monitor.said('daemon', /^daemon/);
    colony.write('daemon', { args: ['/nowhere/at/all'] });
    await monitor.fact('program.failed', { name: 'daemon' });
    expect(colony.processes('daemon')).toEqual([]);
  });
});

describe('what outlives its main process is ended before the next start:', () => {
  test('a grandchild, when the main process exits by itself', async ({ colony }) => {
    const monitor = await colony.monitor('-t', '0.05');
    colony.write('parent', { args: [fixture('outlived'), '0.3'] });
    const { pid } = await monitor.fact('program.running', { name: 'parent' });
    const [child = 0] = colony.processes('parent').flatMap((seen) => (seen.pid === pid ? [] : [seen.pid]));
    expect(await monitor.fact('program.died', { name: 'parent' })).toMatchObject({ stragglers: [child] });
    const since = monitor.records.findIndex(({ type }) => type === 'program.died');
    await monitor.fact('program.started', { name: 'parent' }, since);
    expect(alive([pid!, child])).toEqual([]);
  });

  test('a deaf one, when the main process ends while it is being killed', async ({ colony }) => {
    const monitor = await colony.monitor('-k', '0.5');
    colony.write('parent', { args: [fixture('deaf-grandchild')] });
    await monitor.said('parent', 'deaf');
    const before = colony.processes('parent').map(({ pid }) => pid);
    const since = monitor.now;
    colony.send({ type: 'RESTART', name: 'parent' });
    await monitor.fact('program.died', { name: 'parent' }, since);
    await monitor.fact('program.started', { name: 'parent' }, since);
    expect(before).toHaveLength(2);
    expect(alive(before)).toEqual([]);
  });
});

test('status and the log say which pids hold up a stop', async ({ colony }) => {
  const monitor = await colony.monitor('-k', '2');
  colony.write('daemon', { args: [fixture('deaf-daemon')] });
  const said = await monitor.said('daemon', /^daemon/);
  const daemon = Number(said.msg.split(' ')[1]);
  colony.remove('daemon');

  const lingering = await monitor.fact('program.lingering', { name: 'daemon' });
  expect(lingering.msg).toBe(`daemon: its stop waits for pid ${daemon}`);
  await colony.statusLike('daemon', { state: 'killing', stragglers: [daemon] });
  const { stdout } = await colony.ctl('status', 'daemon');
  expect(stdout).toContain(String(daemon));
  const json = JSON.parse((await colony.ctl('status', '--json')).stdout) as { programs: unknown[] };
  expect(json.programs).toMatchObject([{ name: 'daemon', stragglers: [daemon] }]);
  await monitor.fact('program.stopped', { name: 'daemon' });
  expect(alive([daemon])).toEqual([]);
});

test('so they do where the main process alone was asked to end', async ({ colony }) => {
  const monitor = await colony.monitor('-k', '2');
  colony.write('deaf', { args: [fixture('deaf')], 'ncolony.stop': { tree: false } });
  await monitor.said('deaf', 'deaf');
  const pids = colony.processes('deaf').map(({ pid }) => pid);
  colony.remove('deaf');

  const lingering = await monitor.fact('program.lingering', { name: 'deaf' });
  expect(new Set(lingering.pids)).toEqual(new Set(pids));
  await colony.statusLike('deaf', { state: 'killing', stragglers: lingering.pids });
  expect(monitor.facts('program.killed')).toEqual([]);
  await monitor.fact('program.stopped', { name: 'deaf' });
  expect(alive(pids)).toEqual([]);
});

describe('ncolony.stop tunes how one program is ended:', () => {
  const script =
    'trap "echo main INT" INT; trap "echo main TERM" TERM; (trap "" INT; trap "echo child TERM" TERM; echo ready; ' +
    'while :; do sleep 1000 & wait; done) & while :; do sleep 1000 & wait; done';

  test('signal and killtime', async ({ colony }) => {
    const monitor = await colony.monitor('-k', '60');
    colony.write('own', { args: ['sh', '-c', script], 'ncolony.stop': { signal: 'SIGINT', killtime: 0.4 } });
    await monitor.said('own', 'ready');
    colony.remove('own');
    const killing = await monitor.fact('program.killing', { name: 'own' });
    expect(killing).toMatchObject({ signal: 'SIGINT', killtime: 400 });
    const killed = await monitor.fact('program.killed', { name: 'own' });
    expect(killed.time - killing.time).toBeGreaterThanOrEqual(399);
    await monitor.fact('program.stopped', { name: 'own' });
    expect(monitor.saidBy('own', 'stdout')).toEqual(['ready', 'main INT']);
    expect(colony.processes()).toEqual([]);
  });

  test('tree: false asks the main process alone, and SIGKILL takes them all', async ({ colony }) => {
    const monitor = await colony.monitor('-k', '60');
    colony.write('own', { args: ['sh', '-c', script], 'ncolony.stop': { killtime: 0.4, tree: false } });
    await monitor.said('own', 'ready');
    colony.remove('own');
    await monitor.fact('program.stopped', { name: 'own' });
    expect(monitor.saidBy('own', 'stdout')).toEqual(['ready', 'main TERM']);
    expect(colony.processes()).toEqual([]);
  });
});
