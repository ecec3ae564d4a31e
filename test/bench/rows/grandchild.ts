import { setTimeout as pause } from 'node:timers/promises';
import type { Measurements } from '../measurements.js';
import type { Peer } from '../peer.js';
import { shell } from '../programs.js';
import { patienceMs, Trial } from '../trial.js';

/** Beyond what anybody waits before SIGKILL. */
const longestMs = 15_000;

/** A child of a program ignores SIGTERM: whether it survives the removal of the program, 1 or 0. */
export async function grandchild(results: Measurements, peer: Peer): Promise<void> {
  const trial = new Trial(peer);
  try {
    if (trial.supervisor.remove === undefined) return;
    const [parent, child] = [trial.idlers.word(0), trial.idlers.word(1)];
    const line = `(trap "" TERM; exec /bin/sleep ${child}) & exec /bin/sleep ${parent}`;
    trial.supervisor.write(shell('family', line));
    trial.start(1);
    await trial.watch.until(2, patienceMs);
    await pause(1_500);
    await trial.supervisor.remove('family');
    const end = performance.now() + longestMs;
    while (performance.now() < end && trial.watch.census().size > 0) await pause(50);
    results.add('a grandchild survives a remove', peer.name, 1, trial.watch.census().has(1) ? 1 : 0, '');
  } finally {
    await trial.end();
  }
}
