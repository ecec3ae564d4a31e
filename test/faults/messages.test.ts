import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, vi } from 'vitest';
import type { Colony } from '../blackbox/colony.js';
import { makeReadOnly, test } from './mounts.js';
import { UnreadMonitor } from './unread-monitor.js';

const isRoot = process.getuid?.() === 0;
const stays = { args: ['sleep', '1000'] };
const patience = { interval: 20, timeout: 30_000 };
const quick = ['-t', '0.1', '-k', '1', '-m', '0.1', '-M', '1'];

/** Regular files; what a link leads to is none, and a terabyte is none either. */
function readableFilesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((path) => statSync(path).size < 2 ** 30);
}

const numbered = (index: number) => `m${String(index).padStart(6, '0')}`;

/** What is left in the messages directory. */
const leftIn = (colony: Colony) => readdirSync(colony.messages).filter((name) => name !== '.ncolony');

/** The ids of the messages that were judged, in order, by a log file. */
function judgedIn(logfile: string): string[] {
  if (!existsSync(logfile)) return [];
  // The last line may have been cut off by the death of the monitor.
  const lines = readFileSync(logfile, 'utf8').split('\n').slice(0, -1);
  const facts = lines.map((line) => JSON.parse(line) as { type?: string; id?: string });
  return facts.filter(({ type }) => type === 'message.judged').map(({ id }) => id ?? '');
}

describe('at least once, in order:', () => {
  test('no message is lost, and none overtaken, though the monitor is killed again and again', async ({ colony }) => {
    colony.write('steady', stays);
    const logs: string[] = [];
    let sent = 0;
    for (let round = 0; round < 8; round++) {
      const logfile = join(colony.root, `log-${round}`);
      logs.push(logfile);
      const monitor = new UnreadMonitor(colony, [...quick, '--logfile', logfile]);
      await vi.waitFor(() => expect(existsSync(logfile)).toBe(true), patience);
      const goal = judgedIn(logfile).length + 20 + round * 7;
      while (judgedIn(logfile).length < goal) {
        for (let count = 0; count < 10; count++)
          colony.send({ type: 'SIGNAL', name: 'steady', signal: 'CONT' }, numbered(sent++));
        await setTimeout(1);
      }
      monitor.kill('SIGKILL');
      await monitor.ended;
    }
    const last = join(colony.root, 'log-last');
    logs.push(last);
    const monitor = new UnreadMonitor(colony, [...quick, '--logfile', last]);
    await vi.waitFor(() => expect(leftIn(colony)).toEqual([]), patience);

    const judged = logs.map(judgedIn);
    expect(new Set(judged.flat()).size).toBe(sent);
    for (const ids of judged) expect(ids).toEqual([...new Set(ids)].sort());
    monitor.kill('SIGTERM');
    expect(await monitor.ended).toBe(0);
  });

  test.runIf(isRoot)('killed after it acted and before it deleted, the next monitor acts again', async ({ colony }) => {
    colony.write('steady', stays);
    const first = await colony.monitor();
    await colony.statusLike('steady', { state: 'running' });
    const { way, undo } = makeReadOnly(colony.messages);
    const ids = [1, 2, 3].map((index) => numbered(index));
    const text = JSON.stringify({ type: 'SIGNAL', name: 'steady', signal: 'CONT' });
    for (const id of ids) writeFileSync(join(way, id), text);
    await first.fact('message.judged', { id: ids[2] });
    first.kill('SIGKILL');
    await first.ended;
    undo();
    expect(leftIn(colony)).toEqual(ids);

    const second = await colony.monitor();
    await vi.waitFor(() => expect(leftIn(colony)).toEqual([]), patience);
    for (const monitor of [first, second]) {
      expect(monitor.facts('message.judged').map(({ id }) => id)).toEqual(ids);
    }
  });
});

test('10,000 messages at once are obeyed once each and in order, in bounded time and memory, and hold up nobody', async ({
  colony,
}) => {
  const count = 10_000;
  const monitor = await colony.monitor();
  colony.write('steady', stays);
  await colony.statusLike('steady', { state: 'running' });
  const heap = join(colony.root, 'heap');
  mkdirSync(heap);
  for (let index = 0; index < count; index++) {
    writeFileSync(join(heap, numbered(index)), JSON.stringify({ type: 'SIGNAL', name: 'steady', signal: 'CONT' }));
  }
  const begin = performance.now();
  for (let index = 0; index < count; index++)
    renameSync(join(heap, numbered(index)), join(colony.messages, numbered(index)));
  colony.write('meanwhile', stays);
  await monitor.fact('program.started', { name: 'meanwhile' });
  const reaction = performance.now() - begin;
  await vi.waitFor(() => expect(leftIn(colony)).toEqual([]), { interval: 50, timeout: 60_000 });
  const duration = performance.now() - begin;
  await monitor.count('message.judged', count);

  const judged = monitor.facts('message.judged').map(({ id }) => id);
  expect(judged).toEqual(Array.from({ length: count }, (_, index) => numbered(index)));
  const status = readFileSync(`/proc/${monitor.pid}/status`, 'utf8');
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  expect({ reaction: reaction < 10_000, duration: duration < 60_000, peak: peak < 250 }).toEqual({
    reaction: true,
    duration: true,
    peak: true,
  });
  expect(readdirSync(join(colony.messages, '.ncolony', 'replies')).length).toBeLessThanOrEqual(1_000);
});

describe('a messages directory that others may write to (--trust-directories)', () => {
  test.runIf(isRoot)('planted links, fifos and huge files cost nothing and give nothing away', async ({ colony }) => {
    const secret = join(colony.root, 'secret');
    const canary = 'canary-7f3a';
    writeFileSync(secret, `{"type": "${canary}", "name": "${canary}"`, { mode: 0o600 });
    chmodSync(colony.root, 0o755);
    chmodSync(colony.messages, 0o777);
    const monitor = await colony.monitor('--trust-directories', '--frequency', '0.2');
    colony.write('steady', stays);
    await colony.statusLike('steady', { state: 'running' });

    const at = (name: string) => join(colony.messages, name);
    execFileSync('mkfifo', ['-m', '666', at('a-fifo')]);
    mkdirSync(at('a-directory'));
    for (const [name, target] of Object.entries({
      'b-secret': secret,
      'b-zero': '/dev/zero',
      'b-terminal': '/dev/tty',
      'b-fifo': 'a-fifo',
      'b-itself': 'b-itself',
      'b-nowhere': '/nowhere',
      'b-memory': '/proc/self/mem',
      'b-runtime': '.ncolony/monitor.json',
    })) {
      symlinkSync(target, at(name));
    }
    const aside = join(colony.root, 'aside');
    mkdirSync(aside);
    writeFileSync(join(aside, 'c-huge'), '{"type": "RESTART-ALL", "x": "');
    truncateSync(join(aside, 'c-huge'), 2 ** 40);
    writeFileSync(join(aside, 'c-large'), JSON.stringify({ type: 'RESTART', name: 'x'.repeat(10_000_000) }));
    writeFileSync(join(aside, 'c-deep'), '['.repeat(60_000));
    writeFileSync(join(aside, 'd-order'), JSON.stringify({ type: 'RESTART', name: 'steady' }));
    for (const name of readdirSync(aside)) {
      chownSync(join(aside, name), 65_534, 65_534);
      renameSync(join(aside, name), at(name));
    }

    expect(await monitor.fact('message.judged', { id: 'd-order' })).toMatchObject({ outcome: { kind: 'obeyed' } });
    const inert = ['a-directory', 'a-fifo', 'b-fifo', 'b-itself', 'b-nowhere', 'b-terminal', 'b-zero'];
    await vi.waitFor(
      () =>
        expect(
          leftIn(colony)
            .filter((name) => name !== 'b-memory')
            .sort(),
        ).toEqual(inert),
      patience,
    );
    await colony.settled(monitor);
    for (const path of readableFilesBelow(join(colony.messages, '.ncolony'))) {
      expect({ path, has: readFileSync(path, 'utf8').includes(canary) }).toEqual({ path, has: false });
    }
    expect(JSON.stringify(monitor.records)).not.toContain(canary);
    const status = readFileSync(`/proc/${monitor.pid}/status`, 'utf8');
    expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024).toBeLessThan(250);
  });
});
