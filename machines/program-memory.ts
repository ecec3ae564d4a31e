import type { Wanted } from './program-spec.js';
import type { Timings } from './timings.js';

interface Counters {
  /** The wait of its next back-off, ms. */
  readonly restartDelay: number;
  readonly starts: number;
  readonly instantDeaths: number;
  readonly instantDeathsInRow: number;
}

/** What a program remembers over a restart of its supervisor. */
export interface ProgramMemory extends Counters {
  /** What its source wanted of it. The source has the word: it is kept for sources that are made from a memory. */
  readonly wanted: Wanted;
}

/** What a supervisor remembers over a restart, by the names of the programs: plain JSON. */
export type SupervisorMemory = Readonly<Record<string, ProgramMemory>>;

export const countersOf = ({ restartDelay, starts, instantDeaths, instantDeathsInRow }: Counters): Counters => ({
  restartDelay,
  starts,
  instantDeaths,
  instantDeathsInRow,
});

/** Those with which a program begins. */
export function firstCounters(remembered: ProgramMemory | undefined, timings: Timings): Counters {
  const { minRestartDelay, maxRestartDelay } = timings;
  if (remembered === undefined) {
    return { restartDelay: minRestartDelay, starts: 0, instantDeaths: 0, instantDeathsInRow: 0 };
  }
  const restartDelay = Math.min(Math.max(remembered.restartDelay, minRestartDelay), maxRestartDelay);
  return { ...countersOf(remembered), restartDelay };
}
