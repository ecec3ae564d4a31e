import { fstatSync, statSync, type BigIntStats } from 'node:fs';

/**
 * Tells the standard input that a process was given from any other in the world: nothing else has this inode number, and
 * nobody's since that moment, as nothing ever comes on it. A new title, session or environment does not change it.
 */
export function markOfDescriptor(descriptor: number): string {
  return markOf(fstatSync(descriptor, { bigint: true }));
}

/** The mark of what a process has as standard input; `undefined` where that is not to be seen. */
export function stdinMarkOf(pid: number): string | undefined {
  try {
    return markOf(statSync(`/proc/${pid}/fd/0`, { bigint: true }));
  } catch {
    return undefined;
  }
}

const markOf = ({ dev, ino, ctimeNs }: BigIntStats) => `${dev}:${ino}:${ctimeNs}`;
