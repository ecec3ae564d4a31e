import { Worker } from 'node:worker_threads';
import type { NativeStart } from './native-libc.js';
import { keepHeapStillSmall } from './small-heap.js';

type Answer = (pid: number | undefined) => void;

/**
 * A thread that starts processes and has no other descriptors than those that wake it up: the child opens its three anew,
 * through /proc.
 *
 * Why: the kernel copies all descriptors of whoever starts a process, and closes them one by one in the child before its
 * program runs. With 3,000 that takes 0.3 ms, with 19,000 3.5, and each program that runs costs three. A thread takes
 * 11 MB or more, so it is only worth it for a monitor that has thousands.
 */
export class SpawningThread {
  readonly #worker: Worker;
  readonly #waiting: Answer[] = [];
  /** How many starts were tried, and the pid of the last. */
  readonly #started = new Int32Array(new SharedArrayBuffer(8));
  #answered = 0;
  #isReady = false;

  /** `failed` is told once why there will be no such thread, or no more; `inside`: what runs in it. */
  constructor(failed: (error: Error) => void, inside = new URL('./inside-spawning-thread.js', import.meta.url)) {
    this.#worker = new Worker(inside, {
      workerData: this.#started,
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
      trackUnmanagedFds: false,
    });
    this.#worker.unref();
    this.#worker.once('online', keepHeapStillSmall);
    this.#worker.on('error', failed);
    this.#worker.once('exit', () => this.#end());
    this.#worker.on('message', (message: 'ready' | number) => {
      if (message === 'ready') this.#isReady = true;
      else this.#answer(message);
    });
  }

  /** Whether it can be asked: not before it has let go of all descriptors, and not after it has ended. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Starts a process; `undefined`: it could not, and why is to be found out by trying it without this thread. */
  start(start: NativeStart): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(start);
    });
  }

  /** Ends the thread when it has done what it was asked for: nobody would know of a process that it just starts. */
  close(): void {
    this.#isReady = false;
    this.#worker.postMessage('close');
  }

  #answer(pid: number): void {
    this.#answered++;
    this.#waiting.shift()?.(pid === 0 ? undefined : pid);
  }

  #end(): void {
    this.#isReady = false;
    // It may have ended before its last word got here.
    if ((this.#started[0] ?? 0) > this.#answered) this.#answer(this.#started[1] ?? 0);
    for (const answer of this.#waiting.splice(0)) answer(undefined);
  }
}
