import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Measurements } from '../measurements.js';
import type { Peer } from '../peer.js';
import { bareLoop } from '../peers/bare-loop.js';
import { shell } from '../programs.js';
import { patienceMs, Trial } from '../trial.js';

interface Storm {
  readonly cpu: number;
  readonly starts: number;
}

/** Programs that die at once, all together, for a while: what it costs, and how often they are started. */
export async function crashStorm(results: Measurements, peer: Peer, count: number, durationMs: number): Promise<void> {
  const storm = await storms(peer, count, ({ since }) => performance.now() - since >= durationMs);
  const { starts, cpu } = storm;
  results.add('crash storm, starts', peer.name, count, starts, '');
  results.add('crash storm', peer.name, count, cpu, 'CPU s');
  // As many by the bare loop, right after it.
  const bare = await storms(bareLoop(starts), Math.min(count, starts), (seen) => seen.starts >= starts);
  results.add('crash storm / bare loop’s, as many starts', peer.name, count, cpu / bare.cpu, '×');
}

/** Lets it storm until it is enough. The CPU time is that of the supervisor and of what it starts. */
async function storms(
  peer: Peer,
  count: number,
  isEnough: (storm: { since: number; starts: number }) => boolean,
): Promise<Storm> {
  const trial = new Trial(peer);
  const tally = join(trial.home, 'tally');
  const startsSoFar = () => statSync(tally).size;
  try {
    writeFileSync(tally, '');
    for (let index = 0; index < count; index++) {
      trial.supervisor.write(shell(`p${index}`, `echo >>${tally}; exit 1`));
    }
    trial.start(count);
    while (startsSoFar() === 0) await pause(1);
    const since = performance.now();
    // What it took to get ready is not the storm's.
    const before = trial.cpu();
    while (!isEnough({ since, starts: startsSoFar() })) {
      if (performance.now() - since > patienceMs) throw new Error('the storm does not end');
      await pause(20);
    }
    // The last ones of it end and are waited for.
    await pause(100);
    return { cpu: trial.cpu() - before, starts: startsSoFar() };
  } finally {
    await trial.end();
  }
}
