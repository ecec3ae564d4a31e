import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, vi } from 'vitest';
import { test, type Colony } from '../blackbox/colony.js';
import { UnreadMonitor } from './unread-monitor.js';

const patience = { interval: 20, timeout: 30_000 };

/** Megabytes of a flood; `FLOOD_MEGABYTES=100` for those who cannot wait a minute. */
const floodMegabytes = Number(process.env['FLOOD_MEGABYTES'] ?? 1000);

/** What a monitor may grow to, in MiB, whatever is said to it. It begins with 70; young objects need the rest. */
const mostMemory = 220;

const shell = (script: string) => ({ args: ['sh', '-c', script] });

/** Numbered lines of 100 bytes. */
const numbered = (count: number) => `seq -f '%018.0f ${'x'.repeat(80)}' 1 ${count}`;

/** How many of them come, in order, until a line says `done`; throws where one is missing. */
async function countNumbered(lines: AsyncIterable<string>): Promise<number> {
  let count = 0;
  for await (const line of lines) {
    if (line === 'done') break;
    if (Number(line.slice(0, 18)) !== ++count) throw new Error(`line ${count} is missing`);
  }
  return count;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

describe(`a flood of ${floodMegabytes} MB`, () => {
  const script = `${numbered(floodMegabytes * 10_000)}; echo done; exec sleep 1000`;

  test('into the monitor’s log: no line is lost, and the monitor’s memory is bounded', async ({ colony }) => {
    colony.write('flood', shell(script));
    const monitor = new UnreadMonitor(colony);
    expect(await countNumbered(monitor.saidBy('flood'))).toBe(floodMegabytes * 10_000);
    expect(monitor.peak).toBeLessThan(mostMemory);
  });

  test('into a file of --logs: no byte is lost, and the monitor’s memory is bounded', async ({ colony }) => {
    const logs = join(colony.root, 'logs');
    mkdirSync(logs);
    colony.write('flood', shell(script));
    const monitor = new UnreadMonitor(colony, ['--logs', logs, '--log-size', '0']);
    const size = floodMegabytes * 1_000_000 + 'done\n'.length;
    const path = join(logs, 'flood.log');
    await vi.waitFor(() => expect(statSync(path).size).toBe(size), { interval: 20, timeout: 120_000 });
    const lines = createReadStream(path, 'utf8');
    let rest = '';
    const split = async function* () {
      for await (const chunk of lines) {
        const whole = (rest + String(chunk)).split('\n');
        rest = whole.pop() ?? '';
        yield* whole;
      }
    };
    expect(await countNumbered(split())).toBe(floodMegabytes * 10_000);
    expect(monitor.peak).toBeLessThan(mostMemory);
  });
});

describe('a line of 100 MB', () => {
  const script = `head -c 100000000 /dev/zero | tr '\\0' y; echo; echo done; exec sleep 1000`;

  test('is cut into pieces of 64 KiB in the monitor’s log, and the monitor’s memory is bounded', async ({ colony }) => {
    colony.write('long', shell(script));
    const monitor = new UnreadMonitor(colony);
    const lengths: number[] = [];
    for await (const line of monitor.saidBy('long')) {
      if (line === 'done') break;
      if (/[^y]/.test(line)) throw new Error('something else was said');
      lengths.push(line.length);
    }
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(100_000_000);
    expect(new Set(lengths.slice(0, -1))).toEqual(new Set([65_536]));
    expect(monitor.peak).toBeLessThan(mostMemory);
  });

  test('is one line in a file of --logs', async ({ colony }) => {
    const logs = join(colony.root, 'logs');
    mkdirSync(logs);
    colony.write('long', shell(script));
    const monitor = new UnreadMonitor(colony, ['--logs', logs]);
    const path = join(logs, 'long.log');
    await vi.waitFor(() => expect(statSync(path).size).toBe(100_000_006), patience);
    expect(await digestOf(path)).toBe(
      createHash('sha256').update(Buffer.alloc(100_000_000, 'y')).update('\ndone\n').digest('hex'),
    );
    expect(monitor.peak).toBeLessThan(mostMemory);
  });
});

describe('bytes that are no text', () => {
  test('stand in a file of --logs as they were said', async ({ colony }) => {
    const logs = join(colony.root, 'logs');
    mkdirSync(logs);
    const bytes = join(colony.root, 'bytes');
    writeFileSync(
      bytes,
      Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919 + (index >> 8)) % 256)),
    );
    colony.write('binary', shell(`cat ${bytes}; echo; exec sleep 1000`));
    const monitor = await colony.monitor('--logs', logs);
    const path = join(logs, 'binary.log');
    await vi.waitFor(() => expect(statSync(path).size).toBe(300_001), patience);
    expect(readFileSync(path).subarray(0, -1).equals(readFileSync(bytes))).toBe(true);
    await colony.stop(monitor);
  });

  test('are replacement characters in the monitor’s log, which stays JSON in UTF-8', async ({ colony }) => {
    const monitor = await colony.monitor();
    colony.write('binary', shell(`printf 'a\\377\\000\\033[31m\\303\\nnext\\n'; exec sleep 1000`));
    await monitor.said('binary', 'next');
    expect(monitor.saidBy('binary')).toEqual(['a\ufffd\0\u001b[31m\ufffd', 'next']);
  });

  test('half a character of UTF-8 waits for its other half', async ({ colony }) => {
    const monitor = await colony.monitor();
    // The program waits in between until somebody has read the first half.
    colony.write(
      'half',
      shell(`printf 'x\\342'; sleep 0.3; printf '\\202'; sleep 0.3; printf '\\254\\n'; exec sleep 1000`),
    );
    await monitor.said('half', 'x€');
  });
});

describe('a reader of the monitor’s standard output', () => {
  const loud = shell(`${numbered(200_000)}; echo done; exec sleep 1000`);
  const quick = ['-t', '0.1', '-k', '1', '-m', '0.1', '-M', '1'];

  /** Adds, restarts and removes a program, each of which has to come true. */
  async function order(colony: Colony): Promise<void> {
    await colony.ctl('add', 'quiet', '--cmd', 'sleep', '--arg', '1000');
    const { pid } = await colony.statusLike('quiet', { state: 'running' });
    await colony.ctl('restart', 'quiet');
    await vi.waitFor(() => expect(colony.status('quiet')?.pid ?? pid).not.toBe(pid), patience);
    await colony.ctl('remove', 'quiet');
    await vi.waitFor(() => expect(colony.processes('quiet')).toEqual([]), patience);
  }

  /** Whether the loud program is still at it. */
  const isLoud = (colony: Colony) => colony.processes('loud').some(({ command }) => command[0] === 'seq');

  test('that stands still stops the loud program only, and misses nothing when it reads on', async ({ colony }) => {
    colony.write('loud', loud);
    const monitor = new UnreadMonitor(colony, quick);
    await colony.statusLike('loud', { state: 'running' });
    await order(colony);
    expect(isLoud(colony)).toBe(true);
    expect(monitor.peak).toBeLessThan(mostMemory);
    expect(await countNumbered(monitor.saidBy('loud'))).toBe(200_000);
  });

  test('that stands still does not hold up the end', async ({ colony }) => {
    colony.write('loud', loud);
    const monitor = new UnreadMonitor(colony, quick);
    await colony.statusLike('loud', { state: 'running' });
    monitor.kill('SIGTERM');
    expect(await monitor.ended).toBe(0);
    expect(colony.processes()).toEqual([]);
  });

  test('that stands still costs no descriptors, however often a program dies', async ({ colony }) => {
    colony.write('loud', loud);
    const monitor = new UnreadMonitor(colony, ['-t', '0', '-m', '0.01', '-M', '0.01']);
    await colony.statusLike('loud', { state: 'running' });
    colony.write('crashes', shell(`${numbered(700)}; exit 1`));
    await vi.waitFor(() => expect(colony.status('crashes')?.starts).toBeGreaterThan(200), patience);
    expect(monitor.descriptors).toBeLessThan(200);
  });

  test('that is slow misses no line of several programs, be they empty lines', async ({ colony }) => {
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) colony.write(name, shell(`yes '' | head -n 150000; echo done; exec sleep 1000`));
    const monitor = new UnreadMonitor(colony, quick);
    const counts = new Map(names.map((name) => [name, 0]));
    const done = new Set<string>();
    for await (const [name, line] of monitor.said()) {
      if (line === 'done') done.add(name);
      else counts.set(name, counts.get(name)! + 1);
      if (done.size === names.length) break;
      if (counts.get(name)! % 20_000 === 0) await setTimeout(20);
    }
    expect([...counts.values()]).toEqual([150_000, 150_000, 150_000, 150_000]);
    expect(monitor.peak).toBeLessThan(mostMemory);
  });

  test('that went away costs the lines, and no more: nobody waits, and orders are obeyed', async ({ colony }) => {
    colony.write('loud', loud);
    const monitor = new UnreadMonitor(colony, quick);
    await colony.statusLike('loud', { state: 'running' });
    monitor.stdout.destroy();
    await vi.waitFor(() => expect(isLoud(colony)).toBe(false), patience);
    expect(colony.status('loud')?.starts).toBe(1);
    await order(colony);
    monitor.kill('SIGTERM');
    expect(await monitor.ended).toBe(0);
  });
});
