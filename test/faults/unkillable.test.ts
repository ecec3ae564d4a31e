import { describe, expect, vi } from 'vitest';
import { test, type Colony } from '../blackbox/colony.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { seeProcess } from '../processes.js';

const stays = { args: ['sleep', '1000'] };

/** The way to the kernel, on which what is sent to a process in uninterruptible sleep has no effect. */
const patch = `
  import { readFileSync } from 'node:fs';
  const { kill } = process;
  process.kill = (pid, signal) => {
    try {
      if (signal !== 0 && readFileSync('/proc/' + Math.abs(pid) + '/cmdline', 'utf8').includes('in-disk-sleep')) return true;
    } catch {}
    return kill.call(process, pid, signal);
  };`;
const unkillable = { args: ['sh', '-c', 'echo ready; while :; do sleep 1000; done', 'in-disk-sleep'] };

function launch(colony: Colony): Promise<RunningMonitor> {
  const environment = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(patch)}` };
  return colony.launch(['-t', '0.1', '-k', '0.5'], environment).begun();
}

/** What was unkillable for the monitor can be ended by the test. */
async function endUnkillable(colony: Colony): Promise<void> {
  for (const { pid } of colony.processes()) process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(colony.processes()).toEqual([]), { timeout: 5_000 });
}

describe('what SIGKILL does not end', () => {
  test('has ESTUCK and its pids in status, nothing is started beside it, and no other program is affected', async ({
    colony,
  }) => {
    const monitor = await launch(colony);
    colony.write('stuck', unkillable);
    colony.write('web', stays);
    await monitor.said('stuck', 'ready');
    const { pid } = await monitor.fact('program.started', { name: 'stuck' });
    colony.send({ type: 'RESTART', name: 'stuck' });
    const status = await colony.statusLike('stuck', {
      state: 'killing',
      error: expect.objectContaining({ code: 'ESTUCK' }) as never,
    });
    expect(status.error?.message).toContain(String(pid));
    expect(status.stragglers).toContain(pid);

    const since = monitor.now;
    colony.send({ type: 'RESTART', name: 'web' });
    await monitor.fact('program.started', { name: 'web' }, since);
    colony.write('late', stays);
    await monitor.fact('program.running', { name: 'late' }, since);
    expect(monitor.facts('program.started', { name: 'stuck' })).toHaveLength(1);
    expect(seeProcess(pid)).toBeDefined();

    // It wakes up: SIGKILL has its effect then, and what was asked for happens.
    await endUnkillableOf(colony, 'stuck');
    await monitor.fact('program.started', { name: 'stuck' }, since);
    await colony.statusLike('stuck', { state: 'running', error: null });
    monitor.kill('SIGTERM');
    await monitor.ended;
    await endUnkillable(colony);
  });

  test('does not hold up a shutdown for longer than killtime and a second; it is named, and the exit code is 1', async ({
    colony,
  }) => {
    const monitor = await launch(colony);
    colony.write('stuck', unkillable);
    for (let index = 0; index < 20; index++) colony.write(`web-${index}`, stays);
    await monitor.said('stuck', 'ready');
    for (let index = 0; index < 20; index++) await monitor.fact('program.running', { name: `web-${index}` });

    const begin = performance.now();
    monitor.kill('SIGTERM');
    expect(await monitor.ended).toEqual({ code: 1, signal: null });
    const duration = performance.now() - begin;
    expect(duration).toBeGreaterThan(1_450);
    // killtime 0.5 s, and 1 s; the rest is the slowness of a busy machine.
    expect(duration).toBeLessThan(3_000);
    expect(monitor.records.at(-1)).toMatchObject({
      msg: 'these could not be stopped: stuck',
      left: ['stuck'],
      level: 50,
    });
    expect(new Set(colony.processes().map((seen) => seen.environment['NCOLONY_NAME']))).toEqual(new Set(['stuck']));
    await endUnkillable(colony);
  });
});

async function endUnkillableOf(colony: Colony, name: string): Promise<void> {
  const pidsOf = () => colony.processes(name).map(({ pid }) => pid);
  const old = pidsOf();
  for (const pid of old) process.kill(pid, 'SIGKILL');
  // The next one may be there at once.
  await vi.waitFor(() => expect(pidsOf().filter((pid) => old.includes(pid))).toEqual([]), { timeout: 5_000 });
}
