import { spawnSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nanoid } from 'nanoid';
import { ColonyError, messageOf, systemCode } from '../errors.js';
import { readProcess } from './process-table.js';
import { isAlive } from './signal.js';
import { systemTool } from './system-tools.js';

/** A directory that no other monitor has while it is held. The kernel lets go of it when this process dies. */
export interface DirectoryLock {
  readonly release: () => void;
}

const lockedStatus = 75;

/**
 * Takes a directory for this process alone.
 *
 * The lock is put on the open directory by `flock(1)`, and stays with our descriptor when that ends: it cannot become
 * stale, and it works for two monitors that start in the same instant. Without that tool (`null`) a file that names its
 * holder stands for it. Throws `ELOCKED`, naming the holder's pid where
 * it can be found, and `EDIRECTORY` where the directory cannot be opened.
 */
export async function lockDirectory(path: string, flock = systemTool('flock') ?? null): Promise<DirectoryLock> {
  return flock === null ? lockByFile(path) : lockByKernel(path, flock);
}

function lockByKernel(path: string, flock: string): DirectoryLock {
  const descriptor = openDirectory(path);
  const { status, error } = spawnSync(flock, ['-n', '-E', String(lockedStatus), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
  });
  if (status === 0) return { release: () => closeSync(descriptor) };
  closeSync(descriptor);
  if (status === lockedStatus) throw lockedBy(path, findHolder(path));
  throw new ColonyError('EDIRECTORY', `${path}: cannot be locked (${error?.message ?? `flock exited ${status}`})`);
}

function openDirectory(path: string): number {
  try {
    if (!statSync(path).isDirectory()) throw new Error('is not a directory');
    return openSync(path, 'r');
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

function lockedBy(path: string, holder: number | undefined): ColonyError {
  const who = holder === undefined ? '' : `, pid ${holder}`;
  return new ColonyError('ELOCKED', `${path}: another monitor has this directory${who}`);
}

/** The process with a lock on the directory, from the kernel's own list of open files. */
function findHolder(path: string): number | undefined {
  const target = realpathSync(path);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .find((pid) => descriptorsOf(pid).some((fd) => leadsTo(pid, fd, target) && isLocked(pid, fd)));
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}

function leadsTo(pid: number, fd: string, target: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`) === target;
  } catch {
    return false;
  }
}

function isLocked(pid: number, fd: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1').includes('FLOCK');
  } catch {
    return false;
  }
}

// --- without flock(1): a file that names its holder ---------------------------------------------------------------------

const lockFile = '.ncolony.lock';
const settleMs = 50;

interface Holder {
  readonly pid: number;
  readonly startTime: number;
}

/**
 * The lock is a link to a file that is ours alone. A stale one is renamed away, which only one can do; one who renamed
 * a lock that had just become somebody's again is found out when that one looks once more after a moment.
 */
async function lockByFile(path: string): Promise<DirectoryLock> {
  const lock = join(path, lockFile);
  const mine = join(path, `${lockFile}.${nanoid(10)}`);
  const self: Holder = { pid: process.pid, startTime: readProcess(process.pid)?.startTime ?? 0 };
  try {
    writeFileSync(mine, JSON.stringify(self), { flag: 'wx', mode: 0o644 });
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `${path}: cannot be locked (${messageOf(error)})`, { cause: error });
  }
  try {
    for (;;) {
      const holder = tryLink(mine, lock);
      if (holder !== undefined && isAlive(holder)) throw lockedBy(path, holder.pid);
      if (holder !== undefined) removeStale(lock);
      await delay(settleMs);
      if (isSameFile(mine, lock)) return { release: () => unlinkSync(lock) };
    }
  } finally {
    unlinkSync(mine);
  }
}

/** `undefined`: the lock is ours. */
function tryLink(mine: string, lock: string): Holder | undefined {
  try {
    linkSync(mine, lock);
    return undefined;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return readHolder(lock);
  }
}

function readHolder(lock: string): Holder {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')) as Holder;
  } catch {
    return { pid: 0, startTime: 0 };
  }
}

function removeStale(lock: string): void {
  const away = `${lock}.${nanoid(10)}`;
  try {
    renameSync(lock, away);
    unlinkSync(away);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
