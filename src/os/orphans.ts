import { readdirSync, statSync } from 'node:fs';
import { readProc } from './proc-file.js';
import { readProcess, type Leader } from './process-table.js';
import { exists } from './signal.js';

/**
 * Whether a dead leader left members of its session behind, told without a look at every process of the machine.
 * `undefined` where it cannot be told that way: the kernel does not list the children of a process, or not for us, or
 * somebody came or went just now.
 *
 * Whoever outlives its parent becomes a child of the nearest subreaper above it, in the end of init: of one of our own
 * ancestors. So only their children need to be looked at.
 */
export function leftOrphans(leader: Leader): boolean | undefined {
  try {
    adopters ??= findAdopters();
    const children = new Set(adopters.flatMap(childrenOf));
    for (const pid of known.keys()) if (!children.has(pid)) known.delete(pid);
    return [...children].some((pid) => recognise(pid).session === leader.pid && isMember(pid, leader));
  } catch {
    return undefined;
  }
}

/** A child of an ancestor, as it was when it was looked at last. */
interface Known {
  /** Of its entry in /proc, which is made anew when its number is given to another process. */
  readonly inode: number;
  readonly madeMs: number;
  readonly session: number;
}

/** By their pids. Most of them live long: of who is known it costs a quarter to see that it is still the same process. */
const known = new Map<number, Known>();

// Found once: an ancestor that ends is followed by one of its own, so there will never be others.
let adopters: readonly number[] | undefined;

/** Our ancestors, the nearest first: what one of them leaves moves up. Our own children are known, unless we are init. */
function findAdopters(): number[] {
  const found: number[] = [];
  for (let pid = process.ppid; pid > 1;) {
    found.push(pid);
    pid = seen(pid).parent;
  }
  return [...found, 1];
}

/** A session is only ever left for one of its own, so who is known is a member of no other one. */
function recognise(pid: number): Known {
  const { ino: inode, mtimeMs: madeMs } = statSync(`/proc/${pid}`);
  const before = known.get(pid);
  if (before?.inode === inode && before.madeMs === madeMs) return before;
  const found = { inode, madeMs, session: seen(pid).session };
  known.set(pid, found);
  return found;
}

function isMember(pid: number, leader: Leader): boolean {
  const child = seen(pid);
  // What it had itself may have moved up after the list was read.
  if (child.zombie) throw new Error(`${pid} is just ending`);
  return child.session === leader.pid;
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

/** Throws where it is gone: its neighbours may then be missing in the list that was just read. */
function seen(pid: number) {
  const entry = readProcess(pid);
  if (entry === undefined) throw new Error(`${pid} is gone, or not to be seen`);
  return entry;
}
