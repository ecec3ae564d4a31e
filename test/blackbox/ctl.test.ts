import { describe, expect } from 'vitest';
import type { StatusReport } from '../../src/ctl/index.js';
import { test, type Colony } from './colony.js';

const done = { code: 0, stdout: '', stderr: '' };

async function reportOf(colony: Colony): Promise<StatusReport & { code: number | null }> {
  const { code, stdout } = await colony.ctl('status', '--json');
  return { ...(JSON.parse(stdout) as StatusReport), code };
}

describe('ctl', () => {
  test('adds, shows, restarts, stops, starts and removes what a monitor runs', async ({ colony }) => {
    const monitor = await colony.monitor();
    expect(await colony.ctl('add', 'web', '--cmd', 'cat', '--group', 'all')).toEqual(done);
    const first = await monitor.fact('program.running', { name: 'web' });
    await colony.statusLike('web', { state: 'running' });
    expect(await reportOf(colony)).toMatchObject({
      code: 0,
      version: 1,
      monitor: { pid: monitor.pid },
      programs: [
        { name: 'web', state: 'running', wanted: 'up', pid: first.pid, restarts: 0, error: null, group: ['all'] },
      ],
    });

    for (const words of [['restart', 'web'], ['restart-all'], ['restart-group', 'all']]) {
      const since = monitor.now;
      expect(await colony.ctl(...words)).toEqual(done);
      await monitor.fact('program.running', { name: 'web' }, since);
    }
    await colony.statusLike('web', { state: 'running', restarts: 3 });

    expect(await colony.ctl('stop', 'web')).toEqual(done);
    await colony.statusLike('web', { state: 'stopped', wanted: 'down' });
    expect(colony.processes()).toEqual([]);
    expect(await reportOf(colony)).toMatchObject({ code: 0, programs: [{ name: 'web', uptime: null }] });

    expect(await colony.ctl('start', 'web')).toEqual(done);
    await colony.statusLike('web', { state: 'running', wanted: 'up' });

    const since = monitor.now;
    expect(await colony.ctl('signal', 'web', 'kill')).toEqual(done);
    expect(await monitor.fact('program.died', { name: 'web' }, since)).toMatchObject({ exit: { signal: 'SIGKILL' } });

    expect(await colony.ctl('remove', 'web')).toEqual(done);
    await monitor.fact('program.stopped', { name: 'web', by: 'removed' });
    expect(await colony.ctl('status', 'web')).toMatchObject({
      code: 1,
      stderr: 'ncolony: there is no program "web"\n',
    });
  });

  test('shows a rejected file beside the version that still runs, and why a program does not start', async ({
    colony,
  }) => {
    const monitor = await colony.monitor();
    colony.write('web', { args: ['cat'] });
    await monitor.fact('program.running', { name: 'web' });
    colony.write('web', { args: 's3cret' });
    colony.write('none', { args: ['no-such-command'] });
    await monitor.fact('config.rejected', { name: 'web' });
    await monitor.fact('program.failed', { name: 'none' });
    await colony.statusLike('none', { state: 'backing-off' });
    await colony.statusLike('web', { error: { code: 'ESCHEMA', message: 'args: expected array, received string' } });
    expect(await reportOf(colony)).toMatchObject({
      code: 1,
      programs: [
        { name: 'none', state: 'backing-off', error: { code: 'ENOENT' } },
        { name: 'web', state: 'running', error: { code: 'ESCHEMA' } },
      ],
    });
    const { stdout } = await colony.ctl('check');
    expect(stdout).toBe(`${colony.config}/web: args: expected array, received string\n`);
  });

  test('shows what was last known when the monitor is gone, and what is still wanted', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('web', { args: ['cat'] });
    await monitor.fact('program.running', { name: 'web' });
    await colony.stop(monitor);
    expect(await reportOf(colony)).toMatchObject({
      code: 3,
      monitor: null,
      programs: [{ name: 'web', state: 'stopped', wanted: 'up', pid: null }],
    });
  });
});
