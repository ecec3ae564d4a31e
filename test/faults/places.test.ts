import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, vi } from 'vitest';
import type { Colony } from '../blackbox/colony.js';
import type { RunningMonitor } from '../blackbox/running-monitor.js';
import { makeReadOnly, mountSmall, test } from './mounts.js';

// Only root can make a full disk, or a read-only one, of a directory.
const isRoot = process.getuid?.() === 0;
const patience = { interval: 20, timeout: 15_000 };
const stays = { args: ['sleep', '1000'] };

const warnings = (monitor: RunningMonitor, place: string) =>
  monitor.records.filter(({ level, msg }) => level >= 40 && msg.startsWith(place)).map(({ msg }) => msg);

const runtimeOf = (colony: Colony) => join(colony.messages, '.ncolony');

/** Takes every byte that is left. */
function fill(directory: string): () => void {
  const path = join(directory, 'ballast~');
  try {
    for (let count = 0; count < 10_000; count++) writeFileSync(path, Buffer.alloc(4_096), { flag: 'a' });
  } catch {
    // It is full.
  }
  return () => rmSync(path);
}

/** Starts a program and, when it was killed, once more: supervision goes on. Resolves to its pid. */
async function supervises(colony: Colony, monitor: RunningMonitor, name: string): Promise<number> {
  colony.write(name, stays);
  const first = await monitor.fact('program.started', { name });
  process.kill(first.pid, 'SIGKILL');
  const isNext = (record: object) => 'pid' in record && record.pid !== first.pid;
  const next = await monitor.record(
    (record) => record['type'] === 'program.started' && record['name'] === name && isNext(record),
    'a restart',
  );
  const pids = () => colony.processes(name).map(({ pid }) => pid);
  await vi.waitFor(() => expect(pids()).toEqual([next['pid']]), patience);
  return Number(next['pid']);
}

describe('supervision goes on, the loss is told once, and is healed when the place is back:', () => {
  test.runIf(isRoot)('a full runtime directory', async ({ colony }) => {
    mountSmall(runtimeOf(colony), 64);
    const monitor = await colony.launch(['-t', '0.1', '-m', '0.1', '--frequency', '0.5']).begun();
    colony.write('before', stays);
    await colony.statusLike('before', { state: 'running' });
    const empty = fill(runtimeOf(colony));

    const pid = await supervises(colony, monitor, 'during');
    // A message that takes no block of the disk cannot be written either: the order comes by a file of the config.
    colony.remove('before');
    await monitor.fact('program.stopped', { name: 'before' });
    const places = ['status:', 'history:'].map((place) => join(runtimeOf(colony), place));
    for (const place of places) await vi.waitFor(() => expect(warnings(monitor, place)).toHaveLength(1), patience);
    empty();

    await colony.statusLike('during', { state: 'running', pid });
    await vi.waitFor(() => expect(colony.status('before')).toBeUndefined(), patience);
    for (const place of places) {
      const told = () => warnings(monitor, place).map((line) => /can\S* be written/.exec(line)?.[0]);
      await vi.waitFor(() => expect(told()).toEqual(['cannot be written', 'can be written']), patience);
    }
    await colony.stop(monitor);
  });

  test.runIf(isRoot)('a full runtime directory from the start', async ({ colony }) => {
    mountSmall(runtimeOf(colony), 16);
    const empty = fill(runtimeOf(colony));
    const monitor = await colony.launch(['-t', '0.1', '-m', '0.1', '--frequency', '0.5']).begun();
    const pid = await supervises(colony, monitor, 'during');
    empty();
    await colony.statusLike('during', { state: 'running', pid });
    await vi.waitFor(async () => expect((await colony.ctl('status')).code).toBe(0), patience);
    await colony.stop(monitor);
  });

  test.runIf(isRoot)('a read-only messages directory: nothing is obeyed twice', async ({ colony }) => {
    const monitor = await colony.launch(['-t', '0.1', '-m', '0.1', '--frequency', '0.1']).begun();
    colony.write('steady', stays);
    await colony.statusLike('steady', { state: 'running' });
    const { way, undo } = makeReadOnly(colony.messages);
    const since = monitor.now;
    const ids = ['1-good', '2-bad'];
    writeFileSync(join(way, '1-good'), JSON.stringify({ type: 'RESTART', name: 'steady' }));
    writeFileSync(join(way, '2-bad'), JSON.stringify({ type: 'RESTART', name: 'nobody' }));
    await monitor.fact('message.judged', { id: '2-bad' });
    const pid = await supervises(colony, monitor, 'during');
    // Several rounds.
    await setTimeout(500);
    expect(monitor.facts('message.judged', {}, since).map(({ id }) => id)).toEqual(ids);
    undo();

    await colony.statusLike('during', { state: 'running', pid });
    const reply = (id: string) => existsSync(join(runtimeOf(colony), 'replies', `${id}.json`));
    await vi.waitFor(() => expect(ids.map(reply)).toEqual([true, true]), patience);
    await vi.waitFor(() => expect(readdirSync(colony.messages)).toEqual(['.ncolony']), patience);
    const rejected = readdirSync(join(runtimeOf(colony), 'rejected')).filter((name) => name.startsWith('2-bad'));
    expect(rejected).toHaveLength(2);
    expect(monitor.facts('message.judged', {}, since).map(({ id }) => id)).toEqual(ids);
    for (const place of [
      join(runtimeOf(colony), 'status:'),
      join(runtimeOf(colony), 'replies:'),
      `${colony.messages}:`,
    ]) {
      await vi.waitFor(() => expect(warnings(monitor, place)).toHaveLength(2), patience);
    }
    await colony.stop(monitor);
  });

  test('a runtime directory that vanishes is made anew, with everything that belongs into it', async ({ colony }) => {
    const monitor = await colony.launch(['-t', '0.1', '-m', '0.1', '--frequency', '0.2']).begun();
    colony.write('one', stays);
    colony.write('other', stays);
    for (const name of ['one', 'other']) await colony.statusLike(name, { state: 'running' });
    rmSync(runtimeOf(colony), { recursive: true });
    for (const name of ['one', 'other']) await colony.statusLike(name, { state: 'running' });
    await vi.waitFor(async () => expect((await colony.ctl('status')).code).toBe(0), patience);
    const bad = colony.send('nonsense');
    const rejected = () => readdirSync(join(runtimeOf(colony), 'rejected')).filter((name) => name.startsWith(bad));
    await vi.waitFor(() => expect(rejected()).toHaveLength(2), patience);
    expect(statSync(runtimeOf(colony)).mode & 0o777).toBe(0o700);
    await colony.stop(monitor);
  });

  test('a pid directory that vanishes is made anew, with every pid', async ({ colony }) => {
    const monitor = await colony.launch(['-t', '0.1', '-m', '0.1', '--frequency', '0.2']).begun();
    for (const name of ['one', 'other']) colony.write(name, stays);
    const started = [];
    for (const name of ['one', 'other']) started.push(await monitor.fact('program.started', { name }));
    for (const { name, pid } of started) await colony.pidFileOf(name, pid);
    rmSync(colony.pids, { recursive: true });
    for (const { name, pid } of started) await colony.pidFileOf(name, pid);
    await vi.waitFor(() => expect(warnings(monitor, colony.pids)).toHaveLength(1), patience);
    await colony.stop(monitor);
  });

  test('a pid directory in whose place a file stands', async ({ colony }) => {
    const monitor = await colony.launch(['-t', '0.1', '-m', '0.1', '--frequency', '0.2']).begun();
    colony.write('one', stays);
    const one = await monitor.fact('program.started', { name: 'one' });
    await colony.pidFileOf('one', one.pid);
    renameSync(colony.pids, `${colony.pids}.old`);
    writeFileSync(colony.pids, '');
    const pid = await supervises(colony, monitor, 'other');
    await vi.waitFor(() => expect(warnings(monitor, colony.pids)).toHaveLength(1), patience);
    rmSync(colony.pids);
    mkdirSync(colony.pids);
    await colony.pidFileOf('one', one.pid);
    await colony.pidFileOf('other', pid);
    await vi.waitFor(() => expect(warnings(monitor, colony.pids)).toHaveLength(2), patience);
    await colony.stop(monitor);
  });

  /** Says a numbered line every 20 ms. */
  const ticks = {
    args: ['sh', '-c', `i=0; while :; do i=$((i+1)); echo "tick $i ${'x'.repeat(300)}"; sleep 0.02; done`],
  };
  const numbersIn = (path: string) =>
    [...readFileSync(path, 'utf8').matchAll(/^tick (\d+) x{300}$/gm)].map(([, n]) => Number(n));

  test.runIf(isRoot)('a full directory of --pidfile', async ({ colony }) => {
    const places = join(colony.root, 'run');
    const path = join(places, 'ncolony.pid');
    mkdirSync(places);
    mountSmall(places, 4);
    const empty = fill(places);
    const monitor = await colony.launch(['--pidfile', path, '--frequency', '0.1']).begun();
    await supervises(colony, monitor, 'during');
    expect(warnings(monitor, places)).toHaveLength(1);
    empty();
    await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe(`${monitor.pid}\n`), patience);
    rmSync(path);
    await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe(`${monitor.pid}\n`), patience);
    await colony.stop(monitor);
    expect(readdirSync(places)).toEqual([]);
  });

  test('a log directory that vanishes is made anew', async ({ colony }) => {
    const logs = join(colony.root, 'logs');
    const path = join(logs, 'ticks.log');
    mkdirSync(logs);
    const monitor = await colony.launch(['--logs', logs]).begun();
    colony.write('ticks', ticks);
    await vi.waitFor(() => expect(numbersIn(path).length).toBeGreaterThan(3), patience);
    const last = numbersIn(path).at(-1)!;
    rmSync(logs, { recursive: true });
    await vi.waitFor(() => expect(numbersIn(path).length).toBeGreaterThan(3), patience);
    // What was said between the last look and the end of the directory went with it.
    expect(numbersIn(path)[0]).toBeLessThan(last + 50);
    expect(warnings(monitor, logs)).toHaveLength(1);
    await colony.stop(monitor);
  });

  test.runIf(isRoot)('a full log directory: the program is not held up, and no line is torn', async ({ colony }) => {
    const logs = join(colony.root, 'logs');
    const path = join(logs, 'ticks.log');
    mkdirSync(logs);
    mountSmall(logs, 4);
    const monitor = await colony.launch(['-t', '0.1', '-m', '0.1', '--logs', logs]).begun();
    colony.write('ticks', ticks);
    await vi.waitFor(() => expect(numbersIn(path).length).toBeGreaterThan(3), patience);
    const empty = fill(logs);
    await vi.waitFor(() => expect(warnings(monitor, logs)).toHaveLength(1), patience);
    await supervises(colony, monitor, 'during');
    empty();
    await vi.waitFor(() => expect(warnings(monitor, logs)).toHaveLength(2), patience);
    const count = numbersIn(path).length;
    await vi.waitFor(() => expect(numbersIn(path).length).toBeGreaterThan(count + 3), patience);
    const torn = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !/^(tick \d+ x{300}|(tick \d+ )?x*|)$/.test(line));
    expect(torn).toEqual([]);
    await colony.stop(monitor);
  });
});
