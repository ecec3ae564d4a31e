/** The four durations that shape a program's life, all in milliseconds. */
export interface Timings {
  /** A process that exits before this age has died an instant death. 0: no death is instant. */
  readonly threshold: number;
  /** How long after the stop signal SIGKILL follows. */
  readonly killtime: number;
  /** The first wait after an instant death; the delay returns to it when a process outlives `threshold`. */
  readonly minRestartDelay: number;
  /** The cap of the doubling. */
  readonly maxRestartDelay: number;
}

/** NColony's own defaults (`twistd ncolony`: threshold 1, killtime 5, minrestartdelay 1, maxrestartdelay 3600), in ms. */
export const defaultTimings: Timings = {
  threshold: 1_000,
  killtime: 5_000,
  minRestartDelay: 1_000,
  maxRestartDelay: 3_600_000,
};

/** The longest wait that a timer can hold, in ms: beyond it Node and browsers fire at once. */
export const longestTimer = 2 ** 31 - 1;

/** How long beyond `killtime` a shutdown waits for what SIGKILL did not end, in ms. */
export const shutdownGrace = 1_000;

/** The wait after the next instant death: twice the one just waited through, capped. Rule of Twisted's procmon. */
export function nextRestartDelay(current: number, timings: Timings): number {
  return Math.min(current * 2, timings.maxRestartDelay);
}
