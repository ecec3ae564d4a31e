import type { Timings } from '../../machines/index.js';
import type { ProgramView } from '../live-protocol.js';

/** A timer of a program's machine that runs: `from` and `due` are milliseconds of the server's wall clock. */
export interface Timer {
  readonly name: 'threshold' | 'restart delay' | 'killtime';
  readonly from: number;
  readonly due: number;
  /** What happens when it is over. */
  readonly leads: string;
}

/** The timer that runs in a program's present state. */
export function timerOf(program: ProgramView, timings: Timings): Timer | undefined {
  const { state, since, startedAt, nextStartAt, killAt } = program;
  if (since === null) return undefined;
  if (state === 'starting' && startedAt !== null && timings.threshold > 0) {
    const from = Date.parse(startedAt);
    return { name: 'threshold', from, due: from + timings.threshold, leads: 'running' };
  }
  if (state === 'backing-off' && nextStartAt !== null) {
    return { name: 'restart delay', from: Date.parse(since), due: Date.parse(nextStartAt), leads: 'next start' };
  }
  if (state === 'killing' && killAt !== null) {
    return { name: 'killtime', from: Date.parse(since), due: Date.parse(killAt), leads: 'SIGKILL' };
  }
  return undefined;
}

/** Which part of a timer is over, 0 to 1. */
export function elapsedPart({ from, due }: Timer, now: number): number {
  return due <= from ? 1 : Math.min(1, Math.max(0, (now - from) / (due - from)));
}
