import { messageOf } from '../errors.js';

/**
 * Writes what nobody's life depends on. A place that cannot be written (read-only, full, gone) is reported once, and
 * once again when it is back; supervision goes on.
 */
export class CarefulWriter {
  readonly #place: string;
  readonly #warn: (problem: string) => void;
  #isLost = false;

  constructor(place: string, warn: (problem: string) => void) {
    this.#place = place;
    this.#warn = warn;
  }

  /** Whether it was done. */
  attempt(action: () => void): boolean {
    try {
      action();
    } catch (error) {
      if (!this.#isLost) this.#warn(`${this.#place}: cannot be written, supervision goes on (${messageOf(error)})`);
      this.#isLost = true;
      return false;
    }
    if (this.#isLost) this.#warn(`${this.#place}: can be written again`);
    this.#isLost = false;
    return true;
  }
}
