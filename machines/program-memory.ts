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

/** What is remembered of a program; every object has a `constructor`, and so may a colony. */
export const rememberedOf = (memory: SupervisorMemory, name: string): ProgramMemory | undefined =>
  Object.hasOwn(memory, name) ? memory[name] : undefined;

/** Whether it is one: it comes back from wherever a host keeps it. */
function isMemory(value: unknown): value is ProgramMemory {
  if (typeof value !== 'object' || value === null) return false;
  const { wanted, restartDelay, ...counted }: { readonly [TKey in keyof ProgramMemory]?: unknown } = value;
  const counts: readonly unknown[] = [counted.starts, counted.instantDeaths, counted.instantDeathsInRow];
  return (
    counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0) &&
    Number.isFinite(restartDelay) &&
    (wanted === 'up' || wanted === 'down')
  );
}

/** Those with which a program begins; of what is no memory nothing is taken. */
export function firstCounters(remembered: ProgramMemory | undefined, timings: Timings): Counters {
  const { minRestartDelay, maxRestartDelay } = timings;
  if (!isMemory(remembered)) {
    return { restartDelay: minRestartDelay, starts: 0, instantDeaths: 0, instantDeathsInRow: 0 };
  }
  const restartDelay = Math.min(Math.max(remembered.restartDelay, minRestartDelay), maxRestartDelay);
  return { ...countersOf(remembered), restartDelay };
}
