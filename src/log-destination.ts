import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import pino from 'pino';

/** Where the lines of the log go. A destination that fails costs its lines, and nothing else. */
export interface LogDestination {
  readonly write: (line: string) => void;
  /** Whether its reader is behind: whoever can wait should, until `onDrain`. */
  readonly isFull: () => boolean;
  readonly onDrain: (listener: () => void) => void;
  readonly reopen: () => void;
  /** Resolves when all is written, or cannot be within `deadline` ms. */
  readonly flush: (deadline: number) => Promise<void>;
}

/** What is kept for a reader that is behind, in bytes; beyond it lines of the monitor itself are dropped. */
const maxBacklog = 8 * 1024 * 1024;
/** From how much on it is behind: a reader that has to be waited for after every few lines is slow. */
const behindBytes = 256 * 1024;

/**
 * A file is written at once. A reader of a pipe may be slow, or stand still, and must not hold up the supervision:
 * there, writing is asynchronous.
 *
 * `file`: default standard output.
 */
export function openLogDestination(file: string | undefined): LogDestination {
  const stats = fstatSync(1);
  if (file === undefined && (stats.isFIFO() || stats.isSocket())) return new PipeDestination(process.stdout);
  return fileDestination(file, file !== undefined || stats.isFile());
}

function fileDestination(file: string | undefined, sync: boolean): LogDestination {
  const destination = pino.destination({ dest: file ?? 1, sync, maxLength: maxBacklog });
  let isFull = false;
  destination.on('error', () => destination.emit('drain'));
  destination.on('drain', () => (isFull = false));
  return {
    write: (line) => {
      isFull = !destination.write(line) && !sync;
    },
    isFull: () => isFull,
    onDrain: (listener) => void destination.on('drain', listener),
    reopen: () => file !== undefined && destination.reopen(),
    // What is left is written at the exit of the process.
    flush: async () => undefined,
  };
}

/** Waits for room by the kernel's word: SonicBoom asks every 100 ms, which is 640 KB a second. */
class PipeDestination implements LogDestination {
  readonly #pipe: Writable;
  readonly #listeners: (() => void)[] = [];
  #isBroken = false;

  constructor(pipe: Writable) {
    this.#pipe = pipe;
    // Nobody reads any more.
    pipe.on('error', () => {
      this.#isBroken = true;
      this.#drained();
    });
    pipe.on('drain', () => this.#drained());
  }

  write(line: string): void {
    const pipe = this.#pipe;
    if (this.#isBroken || pipe.writableLength > maxBacklog) return;
    // What is said in one moment is one write.
    if (pipe.writableCorked === 0) {
      pipe.cork();
      process.nextTick(() => pipe.uncork());
    }
    pipe.write(line);
  }

  isFull(): boolean {
    return !this.#isBroken && this.#pipe.writableNeedDrain && this.#pipe.writableLength >= behindBytes;
  }

  onDrain(listener: () => void): void {
    this.#listeners.push(listener);
  }

  reopen(): void {
    // It has no name.
  }

  flush(deadline: number): Promise<void> {
    if (this.#isBroken || this.#pipe.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadline);
      this.#pipe.write('', () => resolve(clearTimeout(timer)));
    });
  }

  #drained(): void {
    for (const listener of this.#listeners) listener();
  }
}
