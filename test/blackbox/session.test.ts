import { expect } from 'vitest';
import { test, type Colony } from './colony.js';
import type { RunningMonitor } from './running-monitor.js';

// The session of NColony's documentation, with its own names and the default options.

const name = 'my-cat-program';
const add = (colony: Colony) => colony.ctl('add', name, '--cmd', 'cat');

/** It lives longer than the threshold, with a standard input on which nothing comes and which never ends. */
async function catStays(colony: Colony, monitor: RunningMonitor): Promise<void> {
  const { pid } = await monitor.fact('program.running', { name });
  expect(colony.processes()).toMatchObject([{ pid, command: ['cat'] }]);
  expect(monitor.facts('program.died')).toEqual([]);
}

test('cat runs when it is added to a running monitor, and stays', async ({ colony }) => {
  const monitor = await colony.launch().begun();
  expect(await add(colony)).toEqual({ code: 0, stdout: '', stderr: '' });
  await catStays(colony, monitor);
});

test('cat runs when it was added before the monitor, and stays', async ({ colony }) => {
  expect(await add(colony)).toEqual({ code: 0, stdout: '', stderr: '' });
  await catStays(colony, await colony.launch().begun());
});

test('CTRL-C stops everything, and a monitor that is started again runs the same programs', async ({ colony }) => {
  const first = await colony.launch().begun();
  await add(colony);
  await first.fact('program.started', { name });
  await colony.stop(first, 'SIGINT');
  await catStays(colony, await colony.launch().begun());
});

test('the rest of the session: restart, status, remove', async ({ colony }) => {
  const monitor = await colony.launch().begun();
  await add(colony);
  const before = await monitor.fact('program.running', { name });
  await colony.statusLike(name, { state: 'running' });
  const status = await colony.ctl('status');
  expect(status.code).toBe(0);
  expect(status.stdout).toContain(name);
  expect(status.stdout).toContain(String(before.pid));

  const since = monitor.now;
  expect(await colony.ctl('restart', name)).toMatchObject({ code: 0, stderr: '' });
  const after = await monitor.fact('program.started', { name }, since);
  expect(after.pid).not.toBe(before.pid);

  expect(await colony.ctl('remove', name)).toMatchObject({ code: 0, stderr: '' });
  await monitor.fact('program.stopped', { name });
  expect(colony.processes()).toEqual([]);
});
