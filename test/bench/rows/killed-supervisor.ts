import { setTimeout as pause } from 'node:timers/promises';
import type { Measurements } from '../measurements.js';
import type { Peer } from '../peer.js';
import { Pm2 } from '../peers/pm2.js';
import { Trial } from '../trial.js';

const count = 20;
const watchedMs = 8_000;
const stepMs = 50;

/** The supervisor is killed and started again: how many programs run twice at any time after that. */
export async function killedSupervisor(results: Measurements, peer: Peer): Promise<void> {
  const trial = new Trial(peer);
  try {
    await trial.bringUp(count);
    await pause(2_000);
    if (trial.supervisor instanceof Pm2) await trial.supervisor.save();
    trial.kill();
    await pause(500);
    trial.start(count);
    const twice = new Set<number>();
    for (let waited = 0; waited < watchedMs; waited += stepMs) {
      await pause(stepMs);
      for (const [index, pids] of trial.watch.census()) if (pids.length > 1) twice.add(index);
    }
    if (trial.watch.census().size !== count) throw new Error('not all programs run after the second start');
    results.add('run twice after a SIGKILL, of 20', peer.name, count, twice.size, '');
  } finally {
    await trial.end();
  }
}
