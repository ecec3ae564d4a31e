import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Measurements } from '../measurements.js';
import { ncolony, type MonitorWords, type NColony } from '../peers/ncolony.js';
import { shell } from '../programs.js';
import { median, quantile } from '../statistics.js';
import { patienceMs, Trial } from '../trial.js';
import { addTo, crashOf } from './reactions.js';

const preload = fileURLToPath(new URL('../loop-watch.js', import.meta.url));
const thresholdMs = 100;
const breathMs = 25;

/** What else happens while so many programs are brought up: how long it takes, and how long the event loop stands still. */
export async function duringBringUp(
  results: Measurements,
  kind: 'native' | 'node',
  count: number,
  words: MonitorWords,
): Promise<void> {
  const { name } = ncolony(kind);
  const loop = `/dev/shm/ncolony-bench-loop-${process.pid}.json`;
  const peer = ncolony(kind, {
    ...words,
    options: ['--threshold', String(thresholdMs / 1000)],
    environment: { NODE_OPTIONS: `--import ${preload}`, BENCH_LOOP: loop },
  });
  const trial = new Trial<NColony>(peer);
  try {
    for (const program of trial.idlers.several(count)) trial.supervisor.write(program);
    trial.supervisor.write(shell('a-clock', 'while :; do /bin/date +%s%N; /bin/sleep 0.05; done'));
    trial.start(count);
    await trial.watch.until(Math.ceil(count / 20), patienceMs);
    const from = Date.now();
    const reactions = await reactWhile(trial, (newcomers) => trial.watch.count() < count + newcomers);
    const to = Date.now();
    await pause(500);
    await trial.stop();

    const blocks = JSON.parse(readFileSync(loop, 'utf8')) as { at: number; ms: number }[];
    const begun = beginOf(trial.supervisor.log);
    const during = blocks.filter(({ at, ms }) => at - ms >= begun && at <= to).map(({ ms }) => ms);
    results.add('bring-up: event loop blocked, longest', name, count, Math.max(0, ...during), 'ms');
    const lines = delaysOfLines(trial.supervisor.log, from, to);
    for (const [what, times] of Object.entries({ ...reactions, 'line → log': lines })) {
      if (times.length === 0) continue;
      results.add(`bring-up: ${what}, median`, name, count, median(times), 'ms');
      results.add(`bring-up: ${what}, longest`, name, count, quantile(times, 1), 'ms');
    }
  } finally {
    await trial.end();
    rmSync(loop, { force: true });
  }
}

async function reactWhile(trial: Trial<NColony>, isGoingOn: (newcomers: number) => boolean) {
  const adds: number[] = [];
  const crashes: number[] = [];
  const replies: number[] = [];
  const groupReplies: number[] = [];
  while (isGoingOn(adds.length)) {
    const newcomer = await addTo(trial);
    adds.push(newcomer.ms);
    const id = String(adds.length).padStart(6, '0');
    const { name } = newcomer;
    replies.push(await replyTo(trial.supervisor, `${id}-one`, { type: 'SIGNAL', name, signal: 'SIGCONT' }));
    groupReplies.push(await replyTo(trial.supervisor, `${id}-group`, { type: 'RESTART-GROUP', group: 'nobody' }));
    await pause(thresholdMs + breathMs);
    crashes.push(await crashOf(trial, newcomer));
  }
  return {
    'add → process': adds,
    'crash → replacement': crashes,
    'message → reply': replies,
    'message to a group → reply': groupReplies,
  };
}

/** Sends a message that changes nothing; milliseconds to its answer. */
async function replyTo(supervisor: NColony, id: string, message: unknown): Promise<number> {
  const reply = join(supervisor.messages, '.ncolony/replies', `${id}.json`);
  const begin = performance.now();
  supervisor.send(id, message);
  while (!existsSync(reply)) {
    if (performance.now() - begin > patienceMs) throw new Error('a message was not answered');
    await pause(1);
  }
  return performance.now() - begin;
}

/** When the monitor had its first word, ms since 1970: what it reads before that has no event loop to keep waiting. */
function beginOf(log: string): number {
  const [first = ''] = readFileSync(log, 'utf8').split('\n', 1);
  return (JSON.parse(first) as { time: number }).time;
}

/** Milliseconds from the clock's saying the time to the record of it in the log. */
function delaysOfLines(log: string, from: number, to: number): number[] {
  const records = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"a-clock"') && line.includes('"stdout"'))
    .map((line) => JSON.parse(line) as { time: number; msg: string })
    .map(({ time, msg }) => ({ said: Number(BigInt(msg) / 1_000_000n), time }));
  return records.filter(({ said }) => said >= from && said <= to).map(({ said, time }) => time - said);
}
