import { performance, type EventLoopUtilization } from 'node:perf_hooks';

const sliceMs = 8;
const pauseMs = 3 * sliceMs;
const busyPauseMs = 12 * sliceMs;
const isBusyFrom = 0.7;
// In a crowd of starts the programs come first, and what changes meanwhile is written once: when there is more than a short
// slice can do, the rest waits for them, but no more than so many pauses, 1.4 s.
const shortSliceMs = 2;
const mostHeld = 15;
const retryMs = 1_000;

/** What became of a slice: nothing is left, something is that is not due yet or that is, or it failed and is tried again. */
export type SliceResult = 'done' | 'later' | 'more' | 'failed';

/**
 * Does what can wait in slices of some milliseconds, with pauses between them: longer ones when there is much else to do, and
 * then a long one after the first.
 */
export class SpareTime {
  readonly #work: (budgetMs: number) => SliceResult;
  readonly #coalesceMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** How many slices were left out since one could not do all; `undefined` when one could. */
  #held: number | undefined;
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
    const isBusy = this.#isBusy();
    if (isBusy && this.#held !== undefined && this.#held < mostHeld) {
      this.#held++;
      return this.#again(isBusy);
    }
    const result = this.#work(isBusy && this.#held === undefined ? shortSliceMs : sliceMs);
    this.#held = result === 'more' ? (this.#held ?? 0) : undefined;
    if (result === 'more' || result === 'later') this.#again(isBusy);
    // What cannot be written keeps no monitor alive.
    if (result === 'failed') this.#timer = setTimeout(() => this.#slice(), retryMs).unref();
  }

  #again(isBusy: boolean): void {
    this.#timer = setTimeout(() => this.#slice(), isBusy ? busyPauseMs : pauseMs);
  }

  /** Whether there was much else to do since the last look. */
  #isBusy(): boolean {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    return utilization >= isBusyFrom;
  }
}
