import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { bareLoop } from './bare-loop.js';
import { lookedAt } from './looked-at.js';
import { MonitorUnderTest } from './monitor-under-test.js';

// Figures are ratios against something run beside them: absolute times say more about the machine than about ncolony.
// `npm run bench -- 100 1000` chooses the numbers of programs.

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly goal?: string;
}

const rows: Row[] = [];
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const highest = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

function say(what: string, figure: string, goal?: string): void {
  rows.push({ what, figure, ...(goal !== undefined && { goal }) });
  process.stdout.write(`${what.padEnd(58)} ${figure.padEnd(34)} ${goal ?? ''}\n`);
}

/** Bring-up, memory, reaction, idleness and shutdown with so many programs; the seconds of the bring-up. */
async function crowd(count: number, spawnKind: 'node' | 'native', bare: number): Promise<number> {
  const monitor = new MonitorUnderTest();
  const tag = `${count} programs, ${spawnKind}`;
  try {
    monitor.start('--spawn', spawnKind);
    await pause(700);
    const base = monitor.pss;
    await monitor.stop();

    for (let index = 0; index < count; index++) monitor.write(`p${index}`, ['sleep', '1000']);
    monitor.start('--spawn', spawnKind);
    const added = monitor.facts('config.added');
    const all = monitor.facts('program.started', count);
    await added;
    const begin = performance.now();
    await all;
    const bringUp = (performance.now() - begin) / 1000;
    say(
      `${tag}: bring-up`,
      `${bringUp.toFixed(2)} s, ${(bringUp / bare).toFixed(2)} × the bare loop`,
      spawnKind === 'node' ? '≤ 1.15 ×' : '< 0.7 ×',
    );

    await pause(3_000);
    const perProgram = (monitor.pss - base) / count;
    say(`${tag}: memory`, `${(base / 1024).toFixed(0)} MB + ${perProgram.toFixed(1)} KB a program`, '< 56 MB + 28 KB');

    const adds: number[] = [];
    const crashes: number[] = [];
    for (let round = 0; round < 20; round++) {
      const name = `q${round}`;
      const started = monitor.facts('program.started', 1, name);
      const written = performance.now();
      monitor.write(name, ['sleep', '1000']);
      const { pid } = await started;
      adds.push(performance.now() - written);
      await pause(1_100);
      const replaced = monitor.facts('program.started', 1, name);
      const killed = performance.now();
      process.kill(pid ?? 0, 'SIGKILL');
      await replaced;
      crashes.push(performance.now() - killed);
    }
    say(
      `${tag}: add → process`,
      `median ${median(adds).toFixed(1)} ms, worst ${highest(adds, 1).toFixed(1)} ms`,
      '< 6 ms, p99 < 15 ms',
    );
    say(`${tag}: crash → replacement`, `median ${median(crashes).toFixed(1)} ms`, '< 4 ms');

    await pause(2_000);
    const before = monitor.cpu;
    await pause(30_000);
    say(`${tag}: idle 30 s`, `${(monitor.cpu - before).toFixed(2)} s of CPU`, '< 0.05 s');
    say(`${tag}: shutdown`, `${(await monitor.stop()).toFixed(2)} s`, '< 1.0 s');
    return bringUp;
  } finally {
    monitor.remove();
  }
}

/** One command against an empty Node, each in turn with the other. */
function commandRatio(monitor: MonitorUnderTest, words: readonly string[]): number {
  const places = ['--config', monitor.config, '--messages', monitor.messages];
  const time = (args: readonly string[]) => {
    const begin = performance.now();
    spawnSync(process.execPath, args, { stdio: 'ignore' });
    return performance.now() - begin;
  };
  const ratios = Array.from({ length: 15 }, () => {
    const empty = time(['-e', '0']);
    return time(['dist/src/cli.js', 'ctl', ...places, ...words]) / empty;
  });
  return median(ratios);
}

async function commands(): Promise<void> {
  const monitor = new MonitorUnderTest();
  try {
    monitor.write('web', ['sleep', '1000']);
    monitor.start();
    await monitor.facts('program.started');
    for (const words of [['status'], ['restart', 'web']]) {
      say(`ctl ${words[0]}`, `${commandRatio(monitor, words).toFixed(2)} × node -e 0`, '≤ 1.6 ×');
    }
    await monitor.stop();
  } finally {
    monitor.remove();
  }
}

const counts = process.argv.slice(2).map(Number);
const times: { count: number; seconds: number }[] = [];
await commands();
for (const count of counts.length > 0 ? counts : [100, 1_000]) {
  const bare = await bareLoop(count);
  say(`${count} programs: the bare Node loop, two pipes each`, `${bare.toFixed(2)} s`);
  await crowd(count, 'node', bare);
  times.push({ count, seconds: await crowd(count, 'native', bare) });
}
for (const { what, figure } of await lookedAt(Math.min(1_000, counts.at(-1) ?? 1_000))) say(what, figure);
const [first, last] = [times[0], times.at(-1)];
if (first && last && last.count > first.count) {
  const exponent = Math.log(last.seconds / first.seconds) / Math.log(last.count / first.count);
  say(`bring-up grows as N to the power of`, exponent.toFixed(2), '≤ 1.1');
}
mkdirSync('.bench', { recursive: true });
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
writeFileSync(
  '.bench/results.json',
  `${JSON.stringify({ version: 1, at: new Date().toISOString(), machine, rows }, null, 2)}\n`,
);
