import { readFileSync } from 'node:fs';
import { ColonyError, reasonOf, systemCode } from '../errors.js';
import { hasProc, readProcess } from '../os/process-table.js';
import { runtimePaths } from '../protocol/runtime-directory.js';
import { parseMonitorStatus, type MonitorStatus } from '../protocol/status-file.js';
import type { Places } from './places.js';

/** The monitor that runs on these directories, as it wrote of itself. Throws `EDIRECTORY` where that may not be read. */
export function liveMonitor({ messages }: Pick<Places, 'messages'>): MonitorStatus | undefined {
  const { monitor, root } = runtimePaths(messages);
  let text: string;
  try {
    text = readFileSync(monitor, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new ColonyError('EDIRECTORY', `${root}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
  const status = parseMonitorStatus(text);
  return status !== undefined && isAlive(status) ? status : undefined;
}

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
