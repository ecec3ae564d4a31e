import { setTimeout as pause } from 'node:timers/promises';
import type { Measurements } from '../measurements.js';
import type { Peer } from '../peer.js';
import { pssOf } from '../process-figures.js';
import { median } from '../statistics.js';
import { Trial } from '../trial.js';
import { addsOf, crashesOf, tellReactions } from './reactions.js';

const settleMs = 3_000;

export interface CrowdWishes {
  /** Several new programs and several crashes among the others. */
  readonly reactions?: { readonly most: number; readonly budgetMs: number };
  readonly idleMs?: number;
}

/** Brings so many programs up and down: everyone in turn, and that several times, as no machine is the same for minutes. */
export async function bringUps(
  results: Measurements,
  peers: readonly Peer[],
  count: number,
  rounds: number,
): Promise<void> {
  const lives = peers.map((peer) => ({ peer, all: [] as Life[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { peer, all } of lives) {
      await results.attempt(`bring-up, ${count} programs, ${peer.name}`, async () => {
        all.push(await bringUpAndDown(peer, count));
      });
    }
  }
  for (const { peer, all } of lives) if (all.length > 0) tell(results, peer, count, all);
}

function tell(results: Measurements, peer: Peer, count: number, all: readonly Life[]): void {
  const add = (row: string, figure: (life: Life) => number, unit: 's' | 'MB') =>
    results.add(row, peer.name, count, median(all.map(figure)), unit);
  add('bring-up', ({ bringUp }) => bringUp.seconds, 's');
  add('bring-up, first to last process', ({ bringUp }) => bringUp.ofPrograms, 's');
  add('memory', ({ memory }) => memory / 1024, 'MB');
  add('shutdown', ({ shutdown }) => shutdown.seconds, 's');
  const left = Math.max(...all.map(({ shutdown }) => shutdown.left));
  if (left > 0) results.add('processes left by the shutdown', peer.name, count, left, '');
}

type Life = Awaited<ReturnType<typeof bringUpAndDown>>;

async function bringUpAndDown(peer: Peer, count: number) {
  const trial = new Trial(peer);
  try {
    const bringUp = await trial.bringUp(count);
    await pause(settleMs);
    const memory = pssOf(trial.processes());
    return { bringUp, memory, shutdown: await trial.stop() };
  } finally {
    await trial.end();
  }
}

/** What it costs to have so many programs while they run: idleness and reactions. */
export async function crowd(results: Measurements, peer: Peer, count: number, wishes: CrowdWishes): Promise<void> {
  // Those that have a limit need room for newcomers.
  const room = Math.min(count, (peer.most ?? Number.MAX_SAFE_INTEGER) - (wishes.reactions?.most ?? 0));
  const trial = new Trial(peer);
  try {
    await trial.bringUp(room);
    await pause(settleMs);
    if (wishes.idleMs !== undefined) {
      const before = trial.cpu();
      await pause(wishes.idleMs);
      const seconds = (trial.cpu() - before) * (30_000 / wishes.idleMs);
      results.add('idle 30 s', peer.name, count, seconds, 'CPU s');
    }
    if (wishes.reactions !== undefined) {
      const adds = await addsOf(trial, wishes.reactions.most, wishes.reactions.budgetMs);
      const crashes = await crashesOf(trial, adds, wishes.reactions.budgetMs);
      tellReactions(results, peer.name, count, adds, crashes);
    }
  } finally {
    await trial.end();
  }
}

/** What a supervisor needs before it has anything to do. */
export async function emptiness(results: Measurements, peer: Peer): Promise<void> {
  const trial = new Trial(peer);
  try {
    trial.start(0);
    await pause(settleMs);
    results.add('memory', peer.name, 0, pssOf(trial.processes()) / 1024, 'MB');
  } finally {
    await trial.end();
  }
}
