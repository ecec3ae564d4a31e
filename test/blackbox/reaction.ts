import { endForGood } from '../processes.js';
import type { Colony } from './colony.js';
import type { RunningMonitor } from './running-monitor.js';

let newcomers = 0;

/** Milliseconds from the rename of a new file to its process, several times. */
export async function reactionsToFiles(colony: Colony, monitor: RunningMonitor, count: number): Promise<number[]> {
  const reactions = [];
  for (let index = 0; index < count; index++) {
    const name = `newcomer-${newcomers++}`;
    const renamed = Date.now();
    colony.write(name, { args: ['sleep', '1000'] });
    const { time } = await monitor.fact('program.started', { name });
    reactions.push(time - renamed);
  }
  return reactions;
}

/** Milliseconds from the death of a process that outlived threshold to its replacement, several times. */
export async function reactionsToCrashes(monitor: RunningMonitor, name: string, count: number): Promise<number[]> {
  const reactions = [];
  let since = 0;
  for (let index = 0; index < count; index++) {
    const { pid } = await monitor.fact('program.running', { name }, since);
    since = monitor.now;
    const killed = Date.now();
    endForGood(pid ?? 0);
    const { time } = await monitor.fact('program.started', { name }, since);
    reactions.push(time - killed);
  }
  return reactions;
}
