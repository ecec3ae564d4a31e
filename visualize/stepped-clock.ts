import { SimulatedClock } from 'xstate';

/** Beyond this a timer of Node or of a browser fires at once. */
const longestTimer = 2 ** 31 - 1;

/** More timers than this at one instant: something restarts without waiting. */
const mostAtOnce = 10_000;

/**
 * Simulated time that passes as real time does: timers that timers set fall due in their turn. (`increment` of the base
 * class jumps, so that a chain of timers runs late.)
 */
export class SteppedClock extends SimulatedClock {
  readonly #due = new Map<number, number>();

  override setTimeout(callback: () => void, ms: number): number {
    const wait = ms > longestTimer ? 1 : ms;
    const id = super.setTimeout(() => {
      this.#due.delete(id);
      callback();
    }, wait);
    this.#due.set(id, this.now() + wait);
    return id;
  }

  override clearTimeout(id: number): void {
    this.#due.delete(id);
    super.clearTimeout(id);
  }

  /** Lets `ms` milliseconds pass, one due time after the other. */
  advance(ms: number): void {
    const end = this.now() + ms;
    let steps = 0;
    for (let next = this.#next(); next <= end; next = this.#next()) {
      steps = next > this.now() ? 0 : steps + 1;
      if (steps > mostAtOnce) throw new Error(`time stands still at ${this.now()} ms`);
      this.set(Math.max(next, this.now()));
    }
    this.set(end);
  }

  /** Lets time pass until the next timer has fallen due. */
  advanceToNext(): void {
    const next = this.#next();
    if (next !== Infinity) this.advance(Math.max(0, next - this.now()));
  }

  #next(): number {
    return Math.min(...this.#due.values());
  }
}
