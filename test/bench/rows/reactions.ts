import { setTimeout as pause } from 'node:timers/promises';
import type { Measurements } from '../measurements.js';
import type { Peer } from '../peer.js';
import { median, quantile } from '../statistics.js';
import { patienceMs, Trial } from '../trial.js';

/** A life after which a death is not an instant one for anybody, ms. */
const longLifeMs = 1_300;
const breathMs = 20;

interface Newcomer {
  readonly name: string;
  readonly pid: number;
  /** From the asking to the process, as the process itself tells. */
  readonly ms: number;
}

/** Adds programs one after the other, until there are so many or so much time has passed. */
export async function addsOf(trial: Trial, most: number, budgetMs: number): Promise<Newcomer[]> {
  const newcomers: Newcomer[] = [];
  const end = performance.now() + budgetMs;
  while (newcomers.length < most && (newcomers.length < 3 || performance.now() < end)) {
    newcomers.push(await addTo(trial));
    await pause(breathMs);
  }
  return newcomers;
}

/** Adds one program. */
export async function addTo(trial: Trial): Promise<Newcomer> {
  const program = trial.newcomer();
  const announced = trial.announcements.next(program.name, patienceMs);
  const begin = performance.now();
  const asked = trial.supervisor.add?.(program);
  const pid = await announced;
  const ms = performance.now() - begin;
  await asked;
  return { name: program.name, pid, ms };
}

/** Kills programs one after the other; milliseconds to each one's replacement. */
export async function crashesOf(trial: Trial, programs: readonly Newcomer[], budgetMs: number): Promise<number[]> {
  const times: number[] = [];
  await pause(longLifeMs);
  const end = performance.now() + budgetMs;
  for (const program of programs) {
    if (times.length >= 3 && performance.now() > end) break;
    times.push(await crashOf(trial, program));
    await pause(breathMs);
  }
  return times;
}

/** Kills one; milliseconds to its replacement. */
export async function crashOf(trial: Trial, { name, pid }: Newcomer): Promise<number> {
  const announced = trial.announcements.next(name, patienceMs);
  const begin = performance.now();
  process.kill(pid, 'SIGKILL');
  await announced;
  return performance.now() - begin;
}

export function tellReactions(
  results: Measurements,
  peer: string,
  count: number,
  adds: readonly Newcomer[],
  crashes: readonly number[],
): void {
  const times = adds.map(({ ms }) => ms);
  results.add('add → process, median', peer, count, median(times), 'ms');
  results.add('add → process, p99', peer, count, quantile(times, 0.99), 'ms');
  results.add('crash → replacement, median', peer, count, median(crashes), 'ms');
}

/** The reactions of a supervisor that has next to nothing to do. */
export async function loneReactions(results: Measurements, peer: Peer, most: number, budgetMs: number): Promise<void> {
  const trial = new Trial(peer);
  try {
    await trial.bringUp(1);
    await pause(longLifeMs);
    const adds = await addsOf(trial, most, budgetMs);
    tellReactions(results, peer.name, 1, adds, await crashesOf(trial, adds, budgetMs));
  } finally {
    await trial.end();
  }
}
