const sliceMs = 10;

/**
 * Runs jobs one after the other, in slices of some milliseconds, and lets the event loop breathe between them.
 *
 * A spawn takes about a millisecond of the whole process: a thousand at once would stop everything else for a second.
 * A lone job runs at once.
 */
export class TurnQueue {
  readonly #jobs = new Set<() => void>();
  #turnIsOpen = false;
  #sliceEnd = 0;

  /** Queues a job, which must not throw; the returned function takes it back. */
  add(job: () => void): () => void {
    this.#jobs.add(job);
    if (!this.#turnIsOpen) {
      this.#turnIsOpen = true;
      this.#nextTurn();
    }
    this.#work();
    return () => void this.#jobs.delete(job);
  }

  #work(): void {
    for (const job of this.#jobs) {
      if (performance.now() > this.#sliceEnd) return;
      this.#jobs.delete(job);
      job();
    }
  }

  #nextTurn(): void {
    this.#sliceEnd = performance.now() + sliceMs;
    setImmediate(() => {
      this.#turnIsOpen = this.#jobs.size > 0;
      if (!this.#turnIsOpen) return;
      this.#nextTurn();
      this.#work();
    });
  }
}
