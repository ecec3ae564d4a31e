import { statSync } from 'node:fs';
import { ColonyError, reasonOf, systemCode } from '../../errors.js';
import { hasProc, readProcess } from '../../os/process-table.js';
import { maxStatusBytes, readFileBytes } from '../../protocol/file-bytes.js';
import { runtimePaths } from '../../protocol/runtime-directory.js';
import { parseMonitorStatus, type MonitorStatus } from '../../protocol/status-file.js';
import type { Places } from '../places.js';

/** The monitor that runs on these directories, as it wrote of itself. Throws `EDIRECTORY` where that may not be read. */
export function liveMonitor({ messages }: Pick<Places, 'messages'>): MonitorStatus | undefined {
  const { monitor, root } = runtimePaths(messages);
  const file = readFileBytes(monitor, maxStatusBytes);
  if (file.kind === 'unreadable') {
    throw new ColonyError('EDIRECTORY', `${root}: cannot be read (${reasonOf(new Error(file.error.message))})`);
  }
  const status = file.kind === 'bytes' ? parseMonitorStatus(file.bytes.toString()) : undefined;
  return status !== undefined && isAlive(status) ? status : undefined;
}

/** For how many ms a monitor that lives has shown no sign of it; `undefined`: it has, lately. */
export function silenceOf({ messages }: Pick<Places, 'messages'>, { frequency }: MonitorStatus): number | undefined {
  const written = statSync(runtimePaths(messages).monitor, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const silence = Date.now() - written;
  return silence > mostMissed * Math.max(frequency, 1_000) + slackMs ? silence : undefined;
}

// A busy machine may be late.
const mostMissed = 2;
const slackMs = 5_000;

// A pid alone can have been given to somebody else since; where there is no /proc it has to do.
function isAlive({ pid, startTime }: MonitorStatus): boolean {
  if (hasProc) {
    const found = readProcess(pid);
    return found !== undefined && !found.zombie && found.startTime === startTime;
  }
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
