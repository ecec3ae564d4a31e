import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { StatusReport } from '../../src/ctl/status/status.js';
import { colonyOf, processesWith } from '../processes.js';
import { addressOf, LiveClient } from './looking.js';
import { test, type Colony } from './colony.js';
import { command } from './command.js';

/** A colony below another: its home, and what its monitor is told. */
function nested(colony: Colony, programs: Readonly<Record<string, object>>, ...options: readonly string[]) {
  const home = join(colony.root, 'edge');
  for (const path of ['conf', 'messages']) mkdirSync(join(home, path), { recursive: true });
  for (const [name, content] of Object.entries(programs)) {
    writeFileSync(join(home, 'conf', name), JSON.stringify(content));
  }
  const quick = ['-t', '0.05', '-m', '0.05', '-k', '1'];
  colony.write('edge', {
    args: [process.execPath, command, 'monitor', '--home', home, ...quick, ...options],
    'ncolony.colony': home,
    'ncolony.stop': { killtime: 5 },
  });
  return { processes: () => processesWith('NCOLONY_COLONY', colonyOf(join(home, 'messages'))) };
}

const deaf = { args: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'], env: { PATH: '/bin:/usr/bin' } };

test('a program that is a colony: status shows the tree, and its stop is the stop of everything', async ({
  colony,
}) => {
  const edge = nested(colony, { web: { args: ['sleep', '1000'] }, deaf });
  const monitor = await colony.monitor();
  await vi.waitFor(async () => expect((await colony.ctl('status')).code).toBe(0), { timeout: 10_000 });
  expect(edge.processes().length).toBeGreaterThanOrEqual(2);
  expect((await colony.ctl('status')).stdout).toMatch(/^edge +running.*\n {2}deaf +running.*\n {2}web +running/m);
  const report = JSON.parse((await colony.ctl('status', '--json')).stdout) as StatusReport;
  expect(report.programs).toMatchObject([
    {
      name: 'edge',
      colony: { version: 1, error: null, programs: [{ name: 'deaf' }, { name: 'web', state: 'running' }] },
    },
  ]);
  expect((await colony.ctl('status', 'edge')).stdout).toMatch(/^colony +\S+\/edge: 2 programs$/m);

  expect((await colony.ctl('stop', 'edge', '--wait')).code).toBe(0);
  expect(edge.processes()).toEqual([]);
  await colony.stop(monitor);
});

test('the stream of the page tells of the colonies below, and of what is wrong with them', async ({ colony }) => {
  const edge = nested(colony, { web: { args: ['sleep', '1000'], group: ['front'] } });
  colony.write('lost', { args: ['sleep', '1000'], 'ncolony.colony': join(colony.root, 'nowhere') });
  const monitor = await colony.monitor('--http', '0');
  await vi.waitFor(() => expect(edge.processes()).toHaveLength(1), { timeout: 10_000 });
  const client = new LiveClient(await addressOf(monitor));
  const { colonies } = await client.hears('below', ({ colonies: [first] }) =>
    Boolean(first?.programs.some(({ state }) => state === 'running')),
  );
  expect(colonies).toMatchObject([
    { name: 'edge', programs: [{ name: 'web', depth: 1, state: 'running', group: ['front'], fault: null }] },
    { name: 'lost', programs: [{ name: '', state: null, fault: expect.stringContaining('cannot be read') as string }] },
  ]);
  client.socket.terminate();
});

test('a monitor that gives up exits with 1, which is a death; in the end the monitor above it gives up', async ({
  colony,
}) => {
  const edge = nested(colony, { bad: { args: ['false'] }, web: { args: ['sleep', '1000'] } }, '--give-up', '1/60');
  const monitor = await colony.monitor('--give-up', '1/60');
  expect(await monitor.fact('program.died', { name: 'edge' })).toMatchObject({ exit: { code: 1, signal: null } });
  expect(await monitor.fact('supervisor.gave-up')).toMatchObject({ error: { code: 'EGAVEUP' } });
  expect(await monitor.ended).toEqual({ code: 1, signal: null });
  expect(edge.processes()).toEqual([]);
});
