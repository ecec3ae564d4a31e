import { readProcess } from './os/process-table.js';
import type { MonitorStatus } from './protocol/status-file.js';
import { version } from './version.js';

/** This process, as others find it. `frequency` in ms. */
export function ownStatus(frequency: number): MonitorStatus {
  return {
    version: 1,
    pid: process.pid,
    startTime: readProcess(process.pid)?.startTime ?? 0,
    since: new Date().toISOString(),
    frequency,
    ncolony: version,
  };
}
