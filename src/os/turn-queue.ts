const sliceMs = 10;

/**
 * What is to be done in its turn; `alone`: no other is under way or waits. It must not fail; with a promise it goes on
 * elsewhere until that is settled.
 */
export type Job = (alone: boolean) => Promise<void> | void;

interface Entry {
  readonly job: Job;
  isWaiting: boolean;
}

/**
 * Runs jobs one after the other, in slices of some milliseconds, and lets the event loop breathe between them; of those
 * that go on elsewhere a few at once. A lone job runs at once.
 *
 * A spawn can take a millisecond of the whole process: a thousand at once would stop everything else for a second. Every
 * other turn is that of the job that came last, so that whoever comes late does not wait for a whole crowd.
 */
export class TurnQueue {
  readonly #width: number;
  #entries: Entry[] = [];
  /** Where the oldest is. */
  #first = 0;
  #isLastTurn = false;
  #elsewhere = 0;
  #sliceIsOpen = false;
  #sliceEnd = 0;

  /** `width`: how many jobs may go on elsewhere. The default leaves one of libuv's four threads to files. */
  constructor(width = 3) {
    this.#width = width;
  }

  /** Queues a job; the returned function takes it back. */
  add(job: Job): () => void {
    const entry = { job, isWaiting: true };
    this.#entries.push(entry);
    this.#work();
    return () => void (entry.isWaiting = false);
  }

  #work(): void {
    while (this.#elsewhere < this.#width && this.#first < this.#entries.length && this.#hasTime()) {
      const entry = this.#next();
      if (entry?.isWaiting !== true) continue;
      entry.isWaiting = false;
      const promise = entry.job(this.#elsewhere === 0 && this.#first === this.#entries.length);
      if (promise !== undefined) void this.#await(promise);
    }
  }

  #next(): Entry | undefined {
    this.#isLastTurn = !this.#isLastTurn;
    const entry = this.#isLastTurn ? this.#entries.pop() : this.#entries[this.#first++];
    if (this.#first >= this.#entries.length) {
      this.#entries = [];
      this.#first = 0;
    }
    return entry;
  }

  async #await(promise: Promise<void>): Promise<void> {
    this.#elsewhere++;
    await promise;
    this.#elsewhere--;
    this.#work();
  }

  #hasTime(): boolean {
    const now = performance.now();
    if (this.#sliceIsOpen) return now <= this.#sliceEnd;
    this.#sliceIsOpen = true;
    this.#sliceEnd = now + sliceMs;
    setImmediate(() => {
      this.#sliceIsOpen = false;
      this.#work();
    });
    return true;
  }
}
