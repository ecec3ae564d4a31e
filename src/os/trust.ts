import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
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
/** More are a circle of links. */
const mostSteps = 200;
const ownUser = process.geteuid?.() ?? 0;

/**
 * Why a monitor of root must not use a place: somebody else could put files there, or put another place there instead.
 * `undefined` where nobody could. Looked at is every directory and link that has a say in where the path leads, and
 * where it does not exist yet, whoever could create it. A sticky directory on the way, such as /tmp, lets nobody touch
 * what is root's. A file stands for the directory that it is in.
 */
export function placeFault(path: string): string | undefined {
  const { steps, end } = wayTo(path);
  for (const { at, stats } of steps) {
    if (stats.isSymbolicLink()) {
      if (!isTrusted(stats.uid)) return `${at} is a link of user ${stats.uid}`;
    } else if (at === end || (stats.mode & stickyBit) === 0 || !isTrusted(stats.uid)) {
      const fault = whoElseMayWrite(stats);
      if (fault !== undefined) return `${at} ${fault}`;
    }
  }
  return undefined;
}

/** Whether a file is a link that neither root nor we have made: nothing must be written through it. */
export function isPlantedLink(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.isSymbolicLink() && !isTrusted(stats.uid);
}

/** The directories and links from the root to a path as far as they exist, and the directory in which it ends. */
function wayTo(path: string): { readonly steps: readonly Step[]; readonly end: string } {
  const steps: Step[] = [{ at: '/', stats: lstatSync('/') }];
  const rest = path.split('/');
  let end = '/';
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue;
    const at = join(end, part);
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink() && steps.length < mostSteps) {
      const target = readlinkSync(at);
      if (target.startsWith('/')) end = '/';
      rest.unshift(...target.split('/'));
    } else if (stats?.isDirectory()) end = at;
    else break;
    steps.push({ at, stats });
  }
  return { steps, end };
}

interface Step {
  readonly at: string;
  readonly stats: Stats;
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
