import { execFileSync } from 'node:child_process';
import { chownSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { test as forAll, type Colony } from '../blackbox/colony.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { isRoot } from './circumstances.js';

const asRoot = forAll.skipIf(!isRoot);

const stays = { args: ['sleep', '1000'] };

const descriptorsOf = (monitor: RunningMonitor) => readdirSync(`/proc/${monitor.pid}/fd`).length;

/** What the monitor may have more of than before: a stock of pipes. */
const stock = 60;

/** Changes the soft limit of a monitor at work; `as`: whose it is, where that is not who runs this test. */
function limit(monitor: RunningMonitor, resource: string, value: number, as: readonly string[] = []): void {
  const [file, ...words] = [...as, 'prlimit', '--pid', String(monitor.pid), `--${resource}=${value}:`];
  execFileSync(file, words);
}

/** Resolves when starts have failed so often with this reason, each followed by a back-off. */
async function failures(monitor: RunningMonitor, reason: RegExp, name?: string, count = 4): Promise<void> {
  const like = name === undefined ? {} : { name };
  const seen = () =>
    monitor.facts('program.failed', like).filter(({ error }) => reason.test(`${error.code} ${error.message}`));
  await vi.waitFor(() => expect(seen().length).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 10 });
  expect(monitor.facts('program.backing-off', like).length).toBeGreaterThanOrEqual(count - 1);
}

/** One process of each of these programs runs, and the monitor says so. */
async function allRun(colony: Colony, names: readonly string[]): Promise<void> {
  const running = () => colony.processes().map((seen) => seen.environment['NCOLONY_NAME']);
  await vi.waitFor(() => expect(new Set(running())).toEqual(new Set(names)), { timeout: 30_000, interval: 50 });
  expect(running()).toHaveLength(names.length);
  for (const name of names) await colony.statusLike(name, { state: 'running', error: null });
}

describe.for(['native', 'node'])(
  'with --spawn %s, a program that cannot be spawned backs off, harms no other, costs no descriptor, and is never lost:',
  (spawn) => {
    const soon = ['-m', '0.05', '-M', '0.05', '--spawn', spawn];

    forAll('ENOENT, EACCES, ENOTDIR, E2BIG', async ({ colony }) => {
      const environment = { ...process.env, HUGE: 'x'.repeat(100_000) };
      const monitor = await colony.launch(['-t', '0.1', '-k', '1', ...soon], environment).begun();
      // The kernel allows arguments and environment together a quarter of it, but at least 128 KiB.
      limit(monitor, 'stack', 262_144);
      colony.write('good', stays);
      await monitor.fact('program.running', { name: 'good' });
      const plain = join(colony.root, 'plain');
      writeFileSync(plain, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o644 });
      const programs: [name: string, reason: RegExp, file: object][] = [
        ['enoent', /^ENOENT .*no such file or directory/, { args: [join(colony.root, 'missing')] }],
        ['eacces', /^EACCES .*permission denied/, { args: [plain] }],
        ['enotdir', /^ENOTDIR .*not a directory/, { args: [join(plain, 'program')] }],
        [
          'e2big',
          /^E2BIG .*argument list too long/,
          { ...stays, env: { A: 'x'.repeat(50_000) }, env_inherit: ['HUGE'] },
        ],
      ];
      for (const [name, , file] of programs) colony.write(name, file);
      for (const [name, reason] of programs) await failures(monitor, reason, name);
      const before = descriptorsOf(monitor);
      for (const [name, reason] of programs) await failures(monitor, reason, name, 25);
      expect(descriptorsOf(monitor)).toBeLessThan(before + stock);
      expect(monitor.facts('program.started')).toHaveLength(1);

      for (const [name] of programs) colony.write(name, stays);
      await allRun(colony, ['good', ...programs.map(([name]) => name)]);
    });

    asRoot('EAGAIN (as root: of a monitor of somebody else with a process limit)', async ({ colony }) => {
      for (const path of [colony.root, colony.config, colony.messages, colony.pids]) chownSync(path, 54_321, 54_321);
      const as = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'];
      const monitor = await colony.monitorUnder(as, soon);
      const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
      colony.write('good', stays);
      await monitor.fact('program.running', { name: 'good' });
      const before = descriptorsOf(monitor);
      limit(monitor, 'nproc', 1, as);
      for (const name of names) colony.write(name, stays);
      await failures(monitor, /^(?:EAGAIN .*resource temporarily unavailable|EPIPES .*EAGAIN)/, undefined, 60);
      expect(monitor.facts('program.started')).toHaveLength(1);
      expect(descriptorsOf(monitor)).toBeLessThan(before + stock);

      limit(monitor, 'nproc', 1_000, as);
      await allRun(colony, ['good', ...names]);
      expect(monitor.facts('program.started', { name: 'good' })).toHaveLength(1);
    });

    forAll(
      'EMFILE (of a monitor with few descriptors left), also where a program dies meanwhile',
      async ({ colony }) => {
        const monitor = await colony.monitor(...soon, '--frequency', '0.2');
        colony.write('good', stays);
        colony.write('dies', stays);
        await monitor.fact('program.running', { name: 'good' });
        const { pid } = await monitor.fact('program.running', { name: 'dies' });
        const before = descriptorsOf(monitor);
        limit(monitor, 'nofile', before + 4);
        const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
        for (const name of names) colony.write(name, stays);
        await failures(monitor, /EMFILE|too many open files/, undefined, 60);
        process.kill(pid!, 'SIGKILL');
        await monitor.fact('program.died', { name: 'dies' });

        limit(monitor, 'nofile', 4_096);
        await allRun(colony, ['good', 'dies', ...names]);
        expect(monitor.facts('program.started', { name: 'good' })).toHaveLength(1);
        for (const name of names) colony.remove(name);
        for (const name of names) await monitor.fact('program.stopped', { name });
        await vi.waitFor(() => expect(descriptorsOf(monitor)).toBeLessThan(before + stock), { timeout: 10_000 });
      },
    );

    forAll('EMFILE of a monitor with no descriptor left: it looks, waits, and goes on', async ({ colony }) => {
      const monitor = await colony.monitor(...soon, '--frequency', '0.2');
      colony.write('good', stays);
      colony.write('dies', stays);
      await monitor.fact('program.running', { name: 'good' });
      const { pid } = await monitor.fact('program.running', { name: 'dies' });
      limit(monitor, 'nofile', 5);
      colony.write('late', stays);
      process.kill(pid!, 'SIGKILL');
      await monitor.fact('program.died', { name: 'dies' });
      await monitor.fact('directory.lost', { path: colony.config });

      limit(monitor, 'nofile', 4_096);
      await allRun(colony, ['good', 'dies', 'late']);
      expect(monitor.facts('program.started', { name: 'good' })).toHaveLength(1);
    });
  },
);

forAll('so it is with ENOMEM, ENFILE and EPERM (simulated where the monitor spawns)', async ({ colony }) => {
  // Node throws the first and the last of them, and tells of the second by an event.
  const patch = `
    import child from 'node:child_process';
    import { syncBuiltinESMExports } from 'node:module';
    const { spawn } = child;
    const left = { ENOMEM: 5, ENFILE: 5, EPERM: 5 };
    const errno = { ENOMEM: -12, ENFILE: -23, EPERM: -1 };
    child.spawn = (file, args, options) => {
      const code = args.at(-1);
      if (!(left[code]-- > 0)) return spawn(file, args, options);
      const error = Object.assign(new Error('spawn ' + code), { code, errno: errno[code], syscall: 'spawn' });
      if (code !== 'ENFILE') throw error;
      const failed = new child.ChildProcess();
      process.nextTick(() => failed.emit('error', error));
      return failed;
    };
    syncBuiltinESMExports();`;
  const environment = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(patch)}` };
  const monitor = await colony
    .launch(['-t', '0.1', '-k', '1', '-m', '0.05', '-M', '0.05', '--spawn', 'node'], environment)
    .begun();
  const codes = ['ENOMEM', 'ENFILE', 'EPERM'];
  for (const code of codes) colony.write(code, { args: ['sh', '-c', 'exec sleep 1000', code] });
  for (const code of codes) await failures(monitor, new RegExp(`^${code} `), code, 5);
  await allRun(colony, codes);
});
