import { readdirSync } from 'node:fs';
import { readProc } from './proc-file.js';
import { ownLineage, readProcess, type Leader } from './process-table.js';
import { exists } from './signal.js';

/**
 * Whoever may be given what our programs leave behind: the nearest subreaper above us, in the end init. An ancestor that
 * ends is followed by one of its own, so there will never be another one than those of the beginning.
 *
 * Our own children are known to us, unless we are init.
 */
let adopters: readonly number[] | undefined;
const findAdopters = () => [...ownLineage()].filter((pid) => pid !== process.pid || pid === 1);

/**
 * Whether a dead leader left members of its session behind, told without a look at every process of the machine: they
 * became children of an adopter. `undefined` where the kernel does not list them, or not for us.
 */
export function leftOrphans(leader: Leader): boolean | undefined {
  adopters ??= findAdopters();
  try {
    return adopters.some((adopter) => childrenOf(adopter).some((pid) => isLivingMember(pid, leader)));
  } catch {
    return undefined;
  }
}

function isLivingMember(pid: number, leader: Leader): boolean {
  const child = readProcess(pid);
  return child !== undefined && !child.zombie && child.session === leader.pid;
}

// The kernel gives them to the first living thread: to the main one, unless that has ended before the others.
function childrenOf(pid: number): number[] {
  const process = readProcess(pid);
  if (process === undefined && !exists(pid)) return [];
  const threads = process?.zombie === true ? readdirSync(`/proc/${pid}/task`) : [pid];
  return threads.flatMap((thread) => {
    const children = readProc(`/proc/${pid}/task/${thread}/children`);
    if (children === undefined && exists(pid)) throw new Error(`the children of ${pid} are not to be seen`);
    return (children?.toString('latin1') ?? '').split(' ').filter(Boolean).map(Number);
  });
}
