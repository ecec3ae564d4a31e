import { statSync } from 'node:fs';
import { messageOf } from '../errors.js';

/**
 * Writes what nobody's life depends on. A place that cannot be written (read-only, full, gone) is reported once, and
 * once again when it is back; supervision goes on.
 */
export class CarefulWriter {
  readonly #place: string;
  readonly #warn: (problem: string) => void;
  #isLost = false;
  /** Of the directory at the place, when it was last looked at. */
  #birth: string | undefined;
  #isLossTold = false;

  constructor(place: string, warn: (problem: string) => void) {
    this.#place = place;
    this.#warn = warn;
    this.#birth = birthOf(place);
  }

  /** Whether it was done. */
  attempt(action: () => void): boolean {
    try {
      action();
    } catch (error) {
      if (!this.#isLost) this.#warn(`${this.#place}: cannot be written, supervision goes on (${messageOf(error)})`);
      this.#isLost = true;
      this.#isLossTold = true;
      return false;
    }
    if (this.#isLost) this.#warn(`${this.#place}: can be written again`);
    this.#isLost = false;
    return true;
  }

  /** Whether another directory stands at the place than at the last look: nothing of what was written is in it. */
  isElsewhere(): boolean {
    const birth = birthOf(this.#place);
    if (birth === undefined || birth === this.#birth) return false;
    if (this.#birth !== undefined && !this.#isLossTold) {
      this.#warn(`${this.#place}: was removed or replaced, and is written anew`);
    }
    this.#birth = birth;
    this.#isLossTold = false;
    return true;
  }
}

// An inode's number is given to the next directory at once.
function birthOf(path: string): string | undefined {
  try {
    const { dev, ino, birthtimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return undefined;
  }
}
