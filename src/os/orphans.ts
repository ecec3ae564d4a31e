import { readdirSync, readFileSync } from 'node:fs';
import { ownLineage, readProcess, type Leader } from './process-table.js';

/**
 * Whether a dead leader left members of its session behind, told without a look at every process of the machine.
 *
 * Whoever outlives its parent becomes a child of the nearest subreaper above it, in the end of init: of one of our own
 * ancestors. So only their children need to be looked at. `undefined` where the kernel does not list them.
 */
export function leftOrphans(leader: Leader): boolean | undefined {
  try {
    for (const reaper of ownLineage()) {
      // Our own children are known to us, unless we are init.
      if (reaper === process.pid && reaper !== 1) continue;
      for (const pid of childrenOf(reaper)) {
        const child = readProcess(pid);
        if (child !== undefined && !child.zombie && child.session === leader.pid) return true;
      }
    }
    return false;
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
}
