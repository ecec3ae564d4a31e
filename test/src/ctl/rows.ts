import type { ProgramRow, StatusReport } from '../../../src/ctl/status/status.js';
import type { ProgramStatus } from '../../../src/protocol/status-file.js';

/** What a monitor writes of a program that has been running since its first start, but for `changes`. */
export const statusOf = (changes: Partial<ProgramStatus> = {}): ProgramStatus => ({
  name: 'web',
  state: 'running',
  wanted: 'up',
  pid: 4711,
  since: '2030-01-01T00:00:00.000Z',
  startedAt: '2030-01-01T00:00:00.000Z',
  run: 'run-1',
  starts: 1,
  restarts: 0,
  instantDeaths: 0,
  lastExit: null,
  nextStartAt: null,
  killAt: null,
  error: null,
  rejected: null,
  revision: 'r1',
  group: [],
  stragglers: [],
  ...changes,
});

/** The same as ctl shows it, for an hour. */
export function rowOf(changes: Partial<ProgramRow> = {}): ProgramRow {
  const { startedAt: _, colony: __, ...status } = statusOf();
  return { ...status, uptime: 3_600, hasFile: true, ...changes };
}

/** What a monitor that is at work has of these programs, but for `changes`. */
export const reportOf = (programs: readonly ProgramRow[], changes: Partial<StatusReport> = {}): StatusReport => ({
  version: 1,
  monitor: { pid: 1, since: '', version: '' },
  silentFor: null,
  programs,
  ...changes,
});
