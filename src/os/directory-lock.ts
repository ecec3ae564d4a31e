import { spawnSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { nanoid } from 'nanoid';
import { ColonyError, messageOf, systemCode } from '../errors.js';
import { bootId } from './boot.js';
import { readProcess } from './process-table.js';
import { isAlive } from './signal.js';
import { systemTool } from './system-tools.js';

/** A directory that no other monitor has while it is held. The kernel lets go of it when this process dies. */
export interface DirectoryLock {
  readonly release: () => void;
}

const lockedStatus = 75;
// A child of a monitor that was killed has its descriptors from the fork to the exec: that is not a lock to give up on.
const patienceSeconds = 0.1;

/**
 * Takes a directory for this process alone.
 *
 * The lock is put on the open directory by `flock(1)`, and stays with our descriptor when that ends: it cannot become
 * stale, and it works for two monitors that start in the same instant. Without that tool (`null`) a file that names its
 * holder stands for it. Throws `ELOCKED`, naming the holder's pid where
 * it can be found, and `EDIRECTORY` where the directory cannot be opened.
 */
export function lockDirectory(path: string, flock = systemTool('flock') ?? null): DirectoryLock {
  return flock === null ? lockByFile(path) : lockByKernel(path, flock);
}

function lockByKernel(path: string, flock: string): DirectoryLock {
  const descriptor = openDirectory(path);
  const { status, error } = spawnSync(flock, ['-w', String(patienceSeconds), '-E', String(lockedStatus), '3'], {
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

const lockName = /^\.ncolony\.lock\.(\d+)$/;

interface Holder {
  readonly pid: number;
  readonly startTime: number;
  readonly boot: string;
}

/**
 * The highest numbered lock file names the holder. Who finds its holder dead puts the next number there, which only one
 * can, and holds the lock if no higher one is there afterwards: nobody ever removes what may be somebody's lock by now.
 */
function lockByFile(path: string): DirectoryLock {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ColonyError('EDIRECTORY', `${path}: is not a directory`);
  }
  const mine = join(path, `.ncolony.lock.${nanoid(10)}.new`);
  const self: Holder = { pid: process.pid, startTime: readProcess(process.pid)?.startTime ?? 0, boot: bootId };
  try {
    writeFileSync(mine, JSON.stringify(self), { flag: 'wx', mode: 0o644 });
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `${path}: cannot be locked (${messageOf(error)})`, { cause: error });
  }
  try {
    for (;;) {
      const latest = Math.max(0, ...lockNumbers(path));
      const holder = readHolder(lockPath(path, latest));
      if (isHeld(holder)) throw lockedBy(path, holder.pid);
      const lock = lockPath(path, latest + 1);
      if (!linked(mine, lock)) continue;
      const numbers = lockNumbers(path);
      if (numbers.some((number) => number > latest + 1)) {
        unlinkSync(lock);
        continue;
      }
      for (const number of numbers) if (number <= latest) rmSync(lockPath(path, number), { force: true });
      return { release: () => removeOwn(lock, self) };
    }
  } finally {
    unlinkSync(mine);
  }
}

const lockPath = (directory: string, number: number) => join(directory, `.ncolony.lock.${number}`);

function lockNumbers(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => lockName.exec(name)?.slice(1).map(Number) ?? []);
}

/** Whether the link could be made: `false` where there is one already. */
function linked(file: string, lock: string): boolean {
  try {
    linkSync(file, lock);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** It may be gone, or its directory be another's by now, or read-only: what stays there is a holder of the past. */
function removeOwn(lock: string, self: Holder): void {
  const holder = readHolder(lock);
  if (holder?.pid !== self.pid || holder.startTime !== self.startTime || holder.boot !== self.boot) return;
  try {
    unlinkSync(lock);
  } catch {
    return;
  }
}

/** What a lock file says; one that is gone or torn (a loss of power) is nobody's. */
function readHolder(lock: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

// Another boot of the machine: a holder of the past. Where start times cannot be read, one with our own pid is too.
function isHeld(holder: Holder | undefined): holder is Holder {
  if (holder?.boot !== bootId || !Number.isSafeInteger(holder.pid)) return false;
  return isAlive(holder) && (holder.pid !== process.pid || holder.startTime !== 0);
}
