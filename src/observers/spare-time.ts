import { performance, type EventLoopUtilization } from 'node:perf_hooks';

const sliceMs = 8;
const pauseMs = 3 * sliceMs;
// In a crowd of starts the programs come first, and what changes meanwhile is written once.
const busyPauseMs = 12 * sliceMs;
const isBusyFrom = 0.7;
const retryMs = 1_000;

/** What became of a slice: nothing is left, something is, or it failed and is tried again later. */
export type SliceResult = 'done' | 'more' | 'failed';

/** Does what can wait in slices of some milliseconds, with pauses between them: longer ones when there is much else to do. */
export class SpareTime {
  readonly #work: (budgetMs: number) => SliceResult;
  readonly #coalesceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #before: EventLoopUtilization = performance.eventLoopUtilization();

  /** `coalesceMs`: how long a slice waits for more of what comes in the same moment. */
  constructor(coalesceMs: number, work: (budgetMs: number) => SliceResult) {
    this.#coalesceMs = coalesceMs;
    this.#work = work;
  }

  /** There is something to do. */
  claim(): void {
    this.#timer ??= setTimeout(() => this.#slice(), this.#coalesceMs);
  }

  /** Does what is left at once; nothing is done after it. */
  finish(): void {
    clearTimeout(this.#timer);
    this.#work(Infinity);
  }

  #slice(): void {
    this.#timer = undefined;
    const pause = this.#pause();
    const result = this.#work(sliceMs);
    if (result === 'more') this.#timer = setTimeout(() => this.#slice(), pause);
    // What cannot be written keeps no monitor alive.
    if (result === 'failed') this.#timer = setTimeout(() => this.#slice(), retryMs).unref();
  }

  #pause(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    return utilization >= isBusyFrom ? busyPauseMs : pauseMs;
  }
}
