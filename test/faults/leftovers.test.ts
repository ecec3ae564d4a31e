import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { test, type Colony } from '../blackbox/colony.js';
import { command } from '../blackbox/command.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { fixture } from '../fixtures/programs.js';
import { colonyOf, endForGood, seeProcess } from '../processes.js';

const family = fileURLToPath(new URL('../fixtures/programs/family.pl', import.meta.url));
const stays = { args: ['sleep', '1000'] };

async function crash(monitor: RunningMonitor): Promise<void> {
  monitor.kill('SIGKILL');
  await monitor.ended;
}

/** A process of the test's own, ended with it. */
async function bystander<T>(
  args: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  use: (child: ChildProcess, pid: number) => Promise<T>,
): Promise<T> {
  const child = spawn(args[0], args.slice(1), { env, detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  try {
    return await use(child, child.pid!);
  } finally {
    endForGood(child.pid!);
  }
}

/** The members of a session, by /proc. */
const sessionOf = (pid: number) =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => seeProcess(Number(entry)))
    .filter((seen) => seen?.session === pid)
    .map((seen) => seen!.pid);

describe('after SIGKILL of the monitor the next one ends, before it starts the program again,', () => {
  test('what rewrote its title, changed its group, or became a daemon', async ({ colony }) => {
    const first = await colony.monitor();
    colony.write('family', { args: [family] });
    const { pid } = await first.fact('program.started', { name: 'family' });
    await first.said('family', 'family');
    const daemon = colony.processes('family').filter((seen) => seen.session !== pid);
    const left = [...sessionOf(pid), ...daemon.map((seen) => seen.pid)];
    // The two with a title of their own are not to be told by their environment.
    expect(left).toHaveLength(4);
    expect(colony.processes('family')).toHaveLength(2);
    await crash(first);

    const second = await colony.monitor();
    await second.fact('program.started', { name: 'family' });
    expect(left.filter((old) => seeProcess(old) !== undefined)).toEqual([]);
    await colony.stop(second);
    expect(sessionOf(pid)).toEqual([]);
  });

  test('what rewrote its title, though the monitor died in the moment after the start', async ({ colony }) => {
    for (let round = 0; round < 3; round++) {
      const first = await colony.monitor();
      colony.write('family', { args: [family] });
      const { pid } = await first.fact('program.started', { name: 'family' });
      await crash(first);
      await expect.poll(() => sessionOf(pid).length, { timeout: 5_000 }).toBe(3);
      colony.remove('family');
      const second = await colony.monitor();
      await second.fact('program.stopped', { name: 'family' });
      expect(sessionOf(pid)).toEqual([]);
      await colony.stop(second);
    }
  });

  test('what rewrote its title, though the monitor died before it could note the pid', async ({ colony }) => {
    const first = await colony.monitor();
    colony.write('family', { args: [family] });
    const { pid } = await first.fact('program.started', { name: 'family' });
    await first.said('family', 'family');
    const runs = join(colony.messages, '.ncolony', 'runs.jsonl');
    await expect.poll(() => readFileSync(runs, 'utf8')).toContain(`"pid":${pid}`);
    await crash(first);
    const lines = readFileSync(runs, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ name: 'family', pid: 0 }, { pid }]);
    writeFileSync(runs, `${lines[0]}\n`);
    rmSync(join(colony.messages, '.ncolony', 'status'), { recursive: true });
    for (const daemon of colony.processes()) endForGood(daemon.pid);
    await expect.poll(() => sessionOf(pid)).toHaveLength(2);

    const second = await colony.monitor();
    await second.fact('program.started', { name: 'family' });
    expect(sessionOf(pid)).toEqual([]);
  });

  test('what rewrote its title and outlived its main process', async ({ colony }) => {
    const first = await colony.monitor('-k', '60');
    const script =
      '$SIG{TERM} = "IGNORE"; exit 0 if fork; $0 = "nobody"; $| = 1; print "titled\\n"; sleep 1000 while 1';
    colony.write('titled', { args: ['perl', '-e', script] });
    const { pid } = await first.fact('program.started', { name: 'titled' });
    await first.said('titled', 'titled');
    // Its stop waits for the one that is left.
    await first.fact('program.lingering', { name: 'titled' });
    await crash(first);
    expect(sessionOf(pid)).toHaveLength(1);
    expect(colony.processes()).toEqual([]);

    colony.remove('titled');
    const second = await colony.monitor('-k', '0.2');
    await second.fact('program.stopped', { name: 'titled' });
    expect(sessionOf(pid)).toEqual([]);
  });

  test('what is on no record: found by its environment', async ({ colony }) => {
    const first = await colony.monitor();
    colony.write('daemon', { args: [fixture('daemonise')] });
    await first.said('daemon', /^daemon/);
    const left = colony.processes().map((seen) => seen.pid);
    expect(left).toHaveLength(2);
    await crash(first);
    rmSync(join(colony.messages, '.ncolony'), { recursive: true });

    const second = await colony.monitor();
    await second.fact('program.started', { name: 'daemon' });
    expect(left.filter((old) => seeProcess(old) !== undefined)).toEqual([]);
  });

  test('what is deaf: SIGTERM first, SIGKILL after the killtime, and no other program waits for it', async ({
    colony,
  }) => {
    const first = await colony.monitor();
    colony.write('deaf', { args: [fixture('deaf')] });
    const script = '$| = 1; $SIG{TERM} = sub { open F, ">term"; exit }; print "ready\n"; sleep 1000 while 1';
    colony.write('orderly', { args: ['perl', '-e', script], 'ncolony.cwd': colony.root });
    await first.said('deaf', 'deaf');
    await first.said('orderly', 'ready');
    const [deaf] = colony.processes('deaf');
    await crash(first);

    colony.write('new', stays);
    const second = await colony.monitor('-k', '2');
    await second.fact('program.started', { name: 'new' });
    await second.fact('program.started', { name: 'orderly' });
    expect(seeProcess(deaf!.pid)).toBeDefined();
    expect(existsSync(join(colony.root, 'term'))).toBe(true);
    const killed = await second.fact('program.killed', { name: 'deaf' });
    const started = await second.fact('program.started', { name: 'deaf' });
    expect(seeProcess(deaf!.pid)).toBeUndefined();
    expect(started.time).toBeGreaterThanOrEqual(killed.time);
    expect(second.facts('program.killed', { name: 'orderly' })).toEqual([]);
  });
});

test('what a killed monitor left in the directory of pid files goes with the next one', async ({ colony }) => {
  const first = await colony.monitor();
  colony.write('one', stays);
  const { pid } = await first.fact('program.started', { name: 'one' });
  await colony.pidFileOf('one', pid);
  await crash(first);
  writeFileSync(join(colony.pids, '.one.0123456789.new'), '');
  writeFileSync(join(colony.pids, 'of-somebody-else'), '');
  colony.remove('one');

  const second = await colony.monitor();
  await second.fact('program.stopped', { name: 'one' });
  expect(colony.pidFiles()).toEqual(['of-somebody-else']);
  rmSync(join(colony.pids, 'of-somebody-else'));
});

describe('never touched at the start of a monitor:', () => {
  /** A colony that a monitor left behind, with a program of which nothing lives any more. */
  async function abandoned(colony: Colony): Promise<Record<string, unknown>> {
    const first = await colony.monitor();
    colony.write('one', stays);
    const { pid } = await first.fact('program.started', { name: 'one' });
    await expect.poll(() => readFileSync(runs(colony), 'utf8')).toContain(`"pid":${pid}`);
    await crash(first);
    endForGood(pid);
    await expect.poll(() => seeProcess(pid)).toBeUndefined();
    return JSON.parse(readFileSync(runs(colony), 'utf8').trim().split('\n').at(-1)!) as Record<string, unknown>;
  }

  const runs = (colony: Colony) => join(colony.messages, '.ncolony', 'runs.jsonl');

  async function startsBeside(colony: Colony, pid: number): Promise<void> {
    const second = await colony.monitor();
    await second.fact('program.started', { name: 'one' });
    second.kill('SIGTERM');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(seeProcess(pid)).toBeDefined();
  }

  test('a process that has a recorded pid by now', async ({ colony }) => {
    const record = await abandoned(colony);
    await bystander(['sleep', '1000'], {}, async (_, pid) => {
      writeFileSync(runs(colony), `${JSON.stringify({ ...record, pid })}\n`);
      await startsBeside(colony, pid);
    });
  });

  test('a process on record of another boot', async ({ colony }) => {
    const record = await abandoned(colony);
    await bystander(['sleep', '1000'], {}, async (_, pid) => {
      const startTime = Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19]);
      writeFileSync(runs(colony), `${JSON.stringify({ ...record, pid, startTime, boot: 'another' })}\n`);
      await startsBeside(colony, pid);
    });
  });

  test.for([
    ['of another colony', (id: string) => ({ NCOLONY_COLONY: `1${id}`, NCOLONY_NAME: 'one' })],
    ['that has our mark in another variable', (id: string) => ({ X: `NCOLONY_COLONY=${id}`, NCOLONY_NAME: 'one' })],
    ['whose mark goes on', (id: string) => ({ NCOLONY_COLONY: `${id}0`, NCOLONY_NAME: 'one' })],
    ['whose variable only ends like ours', (id: string) => ({ XNCOLONY_COLONY: id, NCOLONY_NAME: 'one' })],
  ] as const)('a look-alike %s', async ([, environment], { colony }) => {
    await abandoned(colony);
    await bystander(['sleep', '1000'], environment(colonyOf(colony.messages)), (_, pid) => startsBeside(colony, pid));
  });

  test.runIf(process.getuid?.() === 0)('another user’s process with a forged environment', async ({ colony }) => {
    await abandoned(colony);
    const forged = { NCOLONY_COLONY: colonyOf(colony.messages), NCOLONY_NAME: 'one', NCOLONY_RUN: 'forged' };
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sleep', '1000'] as const;
    await bystander(['setpriv', ...nobody], forged, async (_, pid) => {
      await expect.poll(() => seeProcess(pid)?.command).toEqual(['sleep', '1000']);
      await startsBeside(colony, pid);
    });
  });

  test('the monitor and its ancestors, though they are the colony’s by environment and by record', async ({
    colony,
  }) => {
    // A program of the colony that starts the monitor anew, after the one that started it was killed.
    const first = await colony.monitor();
    const places = ['--config', colony.config, '--messages', colony.messages, '-t', '0', '-k', '1'];
    const again = `while kill -0 ${first.pid} 2> /dev/null; do sleep 0.01; done; "$0" "$@" > again.log 2>&1; sleep 1000`;
    const args = ['sh', '-c', again, process.execPath, command, 'monitor', ...places];
    colony.write('nest', { args, 'ncolony.cwd': colony.root });
    const { pid } = await first.fact('program.started', { name: 'nest' });
    colony.remove('nest');
    colony.write('one', stays);
    first.kill('SIGKILL');
    await first.ended;

    await expect.poll(() => colony.processes('one').length, { timeout: 10_000 }).toBe(1);
    const monitor = (
      JSON.parse(readFileSync(join(colony.messages, '.ncolony/monitor.json'), 'utf8')) as { pid: number }
    ).pid;
    expect(seeProcess(pid)?.session).toBe(pid);
    expect(seeProcess(monitor)).toMatchObject({ session: pid, parent: pid });
    process.kill(monitor, 'SIGTERM');
    await expect.poll(() => seeProcess(monitor), { timeout: 5_000 }).toBeUndefined();
    expect(colony.processes('one')).toEqual([]);
    endForGood(-pid);
    endForGood(pid);
    await expect.poll(() => colony.processes()).toEqual([]);
  });
});
