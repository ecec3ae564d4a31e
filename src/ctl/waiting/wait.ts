import type { ProgramState } from '../../../machines/index.js';
import { programStates } from '../../../machines/program-context.js';
import { ColonyError } from '../../errors.js';
import { runtimePaths } from '../../protocol/runtime-directory.js';
import { liveMonitor } from '../status/live-monitor.js';
import { plightText } from '../story/outlook.js';
import type { Places } from '../places.js';
import { requireProgram } from '../programs.js';
import { RuntimeWatch } from './runtime-watch.js';
import { readStatus } from '../status/status.js';
import { spanText } from '../time-texts.js';

/** What is waited for. */
export interface Awaited {
  readonly state: ProgramState;
  /** A run that does not count: it has to be another one. */
  readonly runAfter?: string | undefined;
}

/** The program as it was when that had come about. */
export interface WaitReport {
  readonly version: 1;
  readonly name: string;
  readonly state: ProgramState;
  readonly run: string | null;
  readonly pid: number | null;
}

/**
 * Waits until a program is in a state, and for a monitor.
 * Throws `ENOMONITOR` where none ran in time, `ETIMEOUT` with the reason, `EUNKNOWN`, `ENAME`, `EDIRECTORY`.
 */
export async function wait(places: Places, name: string, awaited: Awaited, timeoutMs: number): Promise<WaitReport> {
  const { root, status: directory } = runtimePaths(places.messages);
  const watch = new RuntimeWatch([places.messages, root, directory]);
  let wasMonitorSeen = false;
  try {
    const report = await watch.until(() => {
      const isLive = liveMonitor(places) !== undefined;
      wasMonitorSeen ||= isLive;
      const status = readStatus(directory, name);
      if (status === undefined) requireProgram(places, name);
      const { state, run, pid } = status ?? { state: null, run: null, pid: null };
      if (!isLive || state !== awaited.state) return undefined;
      if (awaited.runAfter !== undefined && (run === null || run === awaited.runAfter)) return undefined;
      return { version: 1, name, state, run, pid } as const;
    }, performance.now() + timeoutMs);
    if (report !== undefined) return report;
  } finally {
    watch.close();
  }
  const after = `after ${spanText(timeoutMs)}`;
  if (!wasMonitorSeen) throw new ColonyError('ENOMONITOR', `${after}: no monitor runs on ${places.messages}`);
  const isLive = liveMonitor(places) !== undefined;
  const plight = isLive ? plightText(name, readStatus(directory, name)) : 'the monitor is gone';
  throw new ColonyError('ETIMEOUT', `${after} ${name} is not ${wantText(awaited)}: ${plight}`);
}

/** Throws `EUSAGE`. */
export function stateNamed(text: string): ProgramState {
  const state = programStates.find((known) => known === text);
  if (state === undefined) throw new ColonyError('EUSAGE', `--state: expected one of ${programStates.join(', ')}`);
  return state;
}

function wantText({ state, runAfter }: Awaited): string {
  return runAfter === undefined ? state : `${state} with a run after ${runAfter}`;
}
