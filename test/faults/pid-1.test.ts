import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, vi } from 'vitest';
import { test } from '../blackbox/colony.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { seeProcess } from '../processes.js';
import { hasTini, mayUnshare } from './circumstances.js';

const inNamespace = test.skipIf(!mayUnshare);
const underTini = test.skipIf(!mayUnshare || !hasTini);

const stays = { args: ['sleep', '1000'] };
/** A stranger to everybody but init: its parent is gone, and then it ends. */
const strangers = { args: ['sh', '-c', '(sleep 0.1 & echo $!); exec sleep 1000'] };

/** A pid namespace of its own, with its own /proc; when its first process ends, the kernel ends all others. */
const container = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

interface Seen {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
}

function allProcesses(): Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const [state = '', parent] = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
        return [{ pid: Number(name), state, parent: Number(parent) }];
      } catch {
        return [];
      }
    });
}

/** The first process of the container, as it is seen from outside. */
function firstOf(monitor: RunningMonitor): number {
  const first = allProcesses().find(({ parent }) => parent === monitor.pid);
  if (first === undefined) throw new Error('there is no container');
  return first.pid;
}

const zombiesOf = (parent: number) => allProcesses().filter((seen) => seen.parent === parent && seen.state === 'Z');
const aboutTini = (monitor: RunningMonitor) => monitor.records.filter(({ msg }) => msg.includes('such as tini'));

describe('as root that may unshare: a monitor that is PID 1 of a container', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    inNamespace(`warns, names tini, restarts what dies, and ends everything on ${signal}`, async ({ colony }) => {
      const monitor = await colony.monitorUnder(container);
      expect(monitor.records.find(({ msg }) => msg.startsWith('ncolony '))).toMatchObject({ pid: 1 });
      expect(aboutTini(monitor)).toMatchObject([
        { msg: 'as PID 1 this monitor does not reap strangers: run it under an init such as tini', level: 40 },
      ]);
      const first = firstOf(monitor);
      colony.write('web', stays);
      await monitor.fact('program.running', { name: 'web' });
      const [process1] = colony.processes('web');
      const since = monitor.now;
      process.kill(process1!.pid, 'SIGKILL');
      await monitor.fact('program.started', { name: 'web' }, since);
      await colony.statusLike('web', { state: 'running', restarts: 1 });
      colony.send({ type: 'RESTART', name: 'web' });
      await colony.statusLike('web', { state: 'running', restarts: 2 });

      process.kill(first, signal);
      expect(await monitor.ended).toEqual({ code: 0, signal: null });
      expect(monitor.facts('supervisor.stopped')).toMatchObject([{ left: [] }]);
      expect(colony.processes()).toEqual([]);
    });
  }

  inNamespace('restarts and stops what leaves zombies and daemons behind', async ({ colony }) => {
    const monitor = await colony.monitorUnder(container);
    const first = firstOf(monitor);
    colony.write('web', strangers);
    await vi.waitFor(() => expect(zombiesOf(first).length).toBeGreaterThan(0), { timeout: 10_000 });
    colony.send({ type: 'RESTART', name: 'web' });
    await colony.statusLike('web', { state: 'running', restarts: 1 });
    colony.remove('web');
    await monitor.fact('program.stopped', { name: 'web' });
    expect(colony.processes()).toEqual([]);
    process.kill(first, 'SIGTERM');
    expect(await monitor.ended).toEqual({ code: 0, signal: null });
  });
});

describe('as root that may unshare, with tini: a monitor under it', () => {
  underTini(
    'leaves no zombie, says nothing of PID 1, and is stopped by the signal that tini gets',
    async ({ colony }) => {
      const monitor = await colony.monitorUnder([...container, 'tini', '--']);
      expect(aboutTini(monitor)).toEqual([]);
      const first = firstOf(monitor);
      for (let index = 0; index < 5; index++) colony.write(`web-${index}`, strangers);
      for (let index = 0; index < 5; index++) await monitor.said(`web-${index}`, /^\d+$/);
      const parents = () => allProcesses().filter(({ parent }) => parent === first);
      // Only the monitor is left of the children of tini.
      await vi.waitFor(() => expect(parents()).toHaveLength(1), { timeout: 10_000 });
      expect(zombiesOf(parents()[0]!.pid)).toEqual([]);
      colony.send({ type: 'RESTART-ALL' });
      for (let index = 0; index < 5; index++)
        await colony.statusLike(`web-${index}`, { state: 'running', restarts: 1 });

      process.kill(first, 'SIGTERM');
      expect(await monitor.ended).toEqual({ code: 0, signal: null });
      expect(seeProcess(first)).toBeUndefined();
      expect(colony.processes()).toEqual([]);
    },
  );
});
