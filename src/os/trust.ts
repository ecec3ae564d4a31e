import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Fault } from '../../machines/index.js';

/** Owner and permission bits, of a file or a directory. */
interface Owned {
  readonly uid: number | bigint;
  readonly gid: number | bigint;
  readonly mode: number | bigint;
}

const stickyBit = 0o1000;
const othersMayWrite = 0o002;
const groupMayWrite = 0o020;
const ownUser = process.geteuid?.() ?? 0;

/**
 * Why a monitor of root must not use a directory: somebody else could put files into it, or put another in its place.
 * `undefined` where nobody could. A sticky directory above it, such as /tmp, lets nobody touch what is root's.
 */
export function directoryFault(path: string): string | undefined {
  const own = whoElseMayWrite(statSync(path));
  if (own !== undefined) return `${path} ${own}`;
  for (let above = dirname(path), below = path; above !== below; below = above, above = dirname(above)) {
    const stats = statSync(above);
    const fault = (stats.mode & stickyBit) !== 0 && isTrusted(stats.uid) ? undefined : whoElseMayWrite(stats);
    if (fault !== undefined) return `${above}, above it, ${fault}`;
  }
  return undefined;
}

/** Why a file must not be obeyed: it is not root's nor ours, or (for root) somebody else may change it. */
export function fileFault(stats: Owned): Fault | undefined {
  const message = isTrusted(stats.uid)
    ? ownUser === 0 && whoElseMayWrite(stats)
    : `belongs to user ${stats.uid}, who may not order this monitor`;
  return message === false || message === undefined ? undefined : { code: 'EOWNER', message };
}

function isTrusted(uid: number | bigint): boolean {
  return Number(uid) === 0 || Number(uid) === ownUser;
}

function whoElseMayWrite({ uid, gid, mode }: Owned): string | undefined {
  const bits = Number(mode);
  if (!isTrusted(uid)) return `belongs to user ${uid}`;
  if ((bits & othersMayWrite) !== 0) return 'can be written by everybody';
  if ((bits & groupMayWrite) !== 0 && Number(gid) !== 0) return `can be written by group ${gid}`;
  return undefined;
}
