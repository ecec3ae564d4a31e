/** How many of a list were left out between the one before and the one after. */
export interface Gap {
  readonly leftOut: number;
}

/** The first and the last of a list that may be of any length. */
export class Excerpt<T> {
  /** How many of the first are kept, and how many of the last. */
  static readonly length = 16;
  readonly #first: T[] = [];
  readonly #last: T[] = [];
  #size = 0;

  /** How many there were. */
  get size(): number {
    return this.#size;
  }

  /** Whether all of the first are there. */
  get isFull(): boolean {
    return this.#first.length === Excerpt.length;
  }

  add(one: T): void {
    this.#size += 1;
    if (!this.isFull) return void this.#first.push(one);
    this.#last.push(one);
    if (this.#last.length > Excerpt.length) this.#last.shift();
  }

  /** Counts some that are not looked at. As many as are kept of the last have to follow. */
  leaveOut(count: number): void {
    this.#size += count;
  }

  shown(): (T | Gap)[] {
    const leftOut = this.#size - this.#first.length - this.#last.length;
    return [...this.#first, ...(leftOut > 0 ? [{ leftOut }] : []), ...this.#last];
  }
}
