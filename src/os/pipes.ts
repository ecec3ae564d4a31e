import { execFile } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Both ends of one pipe, as file descriptors of this process. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

const batch = 24;

/**
 * A stock of real pipes.
 *
 * Node can give a child only socket pairs, and a program that opens `/dev/stdout` fails on those (ENXIO). So FIFOs are
 * made in batches by one `mkfifo` call in a private directory, opened at both ends, and unlinked at once: what is left
 * has no name and cannot be told from a pipe.
 */
export class PipeStock {
  readonly #mkfifo: string;
  readonly #stock: Pipe[] = [];
  #refill: Promise<void> | undefined;
  #isClosed = false;

  /** `mkfifo`: the tool's absolute path. */
  constructor(mkfifo: string) {
    this.#mkfifo = mkfifo;
  }

  /** Takes pipes, made if need be. Rejects with the system's error when none can be made. */
  async take(count: number): Promise<Pipe[]> {
    while (this.#stock.length < count) await this.#replenish();
    const taken = this.#stock.splice(-count);
    // In advance, so that the next one does not wait. What fails here fails again for whoever needs it.
    if (this.#stock.length < batch / 2) void this.#replenish().catch(() => undefined);
    return taken;
  }

  close(): void {
    this.#isClosed = true;
    for (const pipe of this.#stock.splice(0)) closePipe(pipe);
  }

  #replenish(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the stock of pipes is closed'));
    if (this.#refill !== undefined) return this.#refill;
    this.#refill = this.#make().finally(() => (this.#refill = undefined));
    return this.#refill;
  }

  async #make(): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'ncolony-'));
    try {
      const paths = Array.from({ length: batch }, (_, index) => join(directory, String(index)));
      await promisify(execFile)(this.#mkfifo, ['-m', '600', ...paths], { env: {} });
      for (const path of paths) this.#stock.push(openBothEnds(path));
      if (this.#isClosed) this.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

export function closePipe(pipe: Pipe): void {
  closeSync(pipe.read);
  closeSync(pipe.write);
}

// Opened for both at first: then neither end has to wait for the other, and both are in blocking mode, as a child needs.
function openBothEnds(path: string): Pipe {
  const both = openSync(path, constants.O_RDWR);
  try {
    const read = openSync(path, constants.O_RDONLY);
    try {
      return { read, write: openSync(path, constants.O_WRONLY) };
    } catch (error) {
      closeSync(read);
      throw error;
    }
  } finally {
    closeSync(both);
  }
}
