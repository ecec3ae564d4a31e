import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

describe('check --diff', () => {
  test('says what would change, in place or not, and what the monitor has is no change', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('web', { args: ['cat'], env: { TOKEN: 'one' } });
    await monitor.fact('program.running', { name: 'web' });
    await colony.statusLike('web', { state: 'running' });
    const same = '1 file is good.\n1 program would stay as it is.\n';
    expect(await colony.ctl('check', '--diff')).toEqual({ code: 0, stdout: same, stderr: '' });

    const candidate = join(colony.root, 'web.new');
    writeFileSync(candidate, JSON.stringify({ args: ['cat', '-u'], env: { TOKEN: 'two' } }));
    expect(await colony.ctl('check', '--diff', candidate)).toEqual({
      code: 0,
      stdout: '1 file is good.\nweb: would be restarted (args, env)\n',
      stderr: '',
    });
    const { stdout } = await colony.ctl('check', '--diff', '--json', '--as', 'other', candidate);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      diff: { monitor: { pid: monitor.pid }, changes: [{ name: 'other', file: 'added', action: 'start' }] },
    });

    // A change that took place is none any more, and a restart by hand is none either.
    renameSync(candidate, join(colony.config, 'web'));
    await monitor.fact('config.changed', { name: 'web', keys: ['args', 'env'] });
    await colony.statusLike('web', { state: 'running', restarts: 1 });
    expect((await colony.ctl('check', '--diff')).stdout).toBe(same);

    colony.write('web', { args: 's3cret' });
    await monitor.fact('config.rejected', { name: 'web' });
    expect(await colony.ctl('check', '--diff')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('web: would be rejected (the version before it stays in force)\n') as string,
    });
    await colony.stop(monitor);
    expect(await colony.ctl('check', '--diff')).toEqual({
      code: 3,
      stdout: `${colony.config}/web: args: expected array, received string\n`,
      stderr: `ncolony: no monitor runs on ${colony.messages}\n`,
    });
    expect(await colony.ctl('check', '--as', 'x', candidate)).toMatchObject({ code: 2 });
  });
});
