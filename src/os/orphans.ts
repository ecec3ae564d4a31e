import { readdirSync } from 'node:fs';
import { readProc } from './proc-file.js';
import { ownLineage, readProcess, type Leader } from './process-table.js';
import { exists } from './signal.js';

/**
 * Whether a dead leader left members of its session behind, told without a look at every process of the machine.
 * `undefined` where the kernel does not list the children of a process, or not for us.
 *
 * Whoever outlives its parent becomes a child of the nearest subreaper above it, in the end of init: of one of our own
 * ancestors. So only their children need to be looked at.
 */
export function leftOrphans(leader: Leader): boolean | undefined {
  lineage ??= ownLineage();
  try {
    for (const adopter of lineage) {
      // Our own children are known to us, unless we are init.
      if (adopter === process.pid && adopter !== 1) continue;
      for (const child of childrenOf(adopter)) if (!lineage.has(child) && isLivingMember(child, leader)) return true;
    }
    return false;
  } catch {
    return undefined;
  }
}

// An ancestor that ends is followed by one of its own, so there will never be others than those of the beginning.
let lineage: ReadonlySet<number> | undefined;

function isLivingMember(pid: number, leader: Leader): boolean {
  const child = readProcess(pid);
  return child !== undefined && !child.zombie && child.session === leader.pid;
}

// Orphans are given to the first living thread: to the main one, unless that has ended before the others.
function childrenOf(pid: number): number[] {
  const children = childrenOfThread(pid, pid);
  if (children.length > 0 || readProcess(pid)?.zombie !== true) return children;
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => childrenOfThread(pid, thread));
}

function childrenOfThread(pid: number, thread: number | string): number[] {
  const children = readProc(`/proc/${pid}/task/${thread}/children`);
  if (children === undefined && exists(pid)) throw new Error(`the children of ${pid} are not to be seen`);
  return (children?.toString('latin1') ?? '').split(' ').filter(Boolean).map(Number);
}
