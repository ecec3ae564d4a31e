import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Measurements } from '../measurements.js';
import type { Peer } from '../peer.js';
import { median } from '../statistics.js';
import { patienceMs, Trial } from '../trial.js';

const empty = [process.execPath, '-e', '0'];

/** One command line call against an empty Node, each in turn with the other. */
export async function commands(results: Measurements, peer: Peer, rounds: number): Promise<void> {
  const trial = new Trial(peer);
  try {
    const program = trial.newcomer();
    trial.supervisor.write(program);
    const announced = trial.announcements.next(program.name, patienceMs);
    trial.start(1);
    await announced;
    // Some take a program for running only after a while.
    await pause(1_500);
    const calls = {
      status: trial.supervisor.status?.(program.name),
      restart: trial.supervisor.restart?.(program.name),
    };
    for (const [verb, words] of Object.entries(calls)) {
      if (words === undefined) continue;
      const pairs = Array.from({ length: rounds }, () => ({ empty: duration(empty), call: duration(words) }));
      results.add(`CLI: ${verb}`, peer.name, 1, median(pairs.map(({ call }) => call)), 'ms');
      const ratios = pairs.map((pair) => pair.call / pair.empty);
      results.add(`CLI: ${verb} / node -e 0`, peer.name, 1, median(ratios), '×');
    }
  } finally {
    await trial.end();
  }
}

function duration([file = '', ...words]: readonly string[]): number {
  const begin = performance.now();
  const { status, error } = spawnSync(file, words, { stdio: 'ignore' });
  if (status !== 0) throw error ?? new Error(`${file} ${words.join(' ')} exits with ${status}`);
  return performance.now() - begin;
}
