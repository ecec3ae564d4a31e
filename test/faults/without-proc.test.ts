import { describe, expect } from 'vitest';
import { test } from '../blackbox/colony.js';
import { fixture } from '../fixtures/programs.js';
import { mayUnshare } from './circumstances.js';

const inNamespace = test.skipIf(!mayUnshare);

/** The words of a command whose /proc is empty. */
const withoutProc = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];

describe.for(['native', 'node'])('as root that may unshare, with --spawn %s: a monitor without /proc', (spawn) => {
  inNamespace('says so once, starts programs, and ends their groups, the deaf as well', async ({ colony }) => {
    const monitor = await colony.monitorUnder(withoutProc, ['--spawn', spawn, '-k', '0.5']);
    expect(monitor.records.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([
      '/proc is missing: what leaves its process group is not found, nor what a killed monitor leaves',
    ]);
    colony.write('web', { args: ['sleep', '1000'] });
    colony.write('deaf', { args: [fixture('deaf-grandchild')] });
    await monitor.said('deaf', 'deaf');
    const { pid } = await monitor.fact('program.running', { name: 'web' });
    colony.send({ type: 'RESTART', name: 'web' });
    const { pid: next } = await colony.statusLike('web', { state: 'running', restarts: 1 });
    expect(next).not.toBe(pid);
    colony.remove('deaf');
    await monitor.fact('program.stopped', { name: 'deaf' });
    expect(colony.processes().map((seen) => seen.pid)).toEqual([next]);
    await colony.stop(monitor);
    expect(colony.processes()).toEqual([]);
  });
});
