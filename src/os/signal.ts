import { systemCode } from '../errors.js';
import { hasProc, readProcess, type ProcessEntry } from './process-table.js';

/** Sends a signal to a whole group. No such group is no error: it is gone. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  send(-leader, signal);
}

/** Sends a signal to one process, if the pid still is that process. */
export function signalProcess(entry: Pick<ProcessEntry, 'pid' | 'startTime'>, signal: NodeJS.Signals): void {
  if (isAlive(entry)) send(entry.pid, signal);
}

/** Whether that very process lives. */
export function isAlive(entry: Pick<ProcessEntry, 'pid' | 'startTime'>): boolean {
  if (!hasProc) return exists(entry.pid);
  const now = readProcess(entry.pid);
  return now !== undefined && !now.zombie && now.startTime === entry.startTime;
}

/** Whether a process, or a group (by its negative number), has members, zombies included. */
export function exists(target: number): boolean {
  try {
    process.kill(target, 0);
    return true;
  } catch (error) {
    // EPERM: there are some, but they are somebody else's now.
    return systemCode(error) !== 'ESRCH';
  }
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // ESRCH: it is gone already. EPERM: it changed its user; what stays is seen, and named, by the next survey.
  }
}
