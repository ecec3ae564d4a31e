import { createWriteStream } from 'node:fs';
import { constants, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf, systemCode } from '../errors.js';

/** Compresses full files in the background, one after the other: `FILE` becomes `FILE.gz`, and is never half of it. */
export class Compression {
  readonly #warn: (problem: string) => void;
  readonly #waiting = new Set<string>();
  readonly #abort = new AbortController();
  #work: Promise<void> | undefined;

  constructor(warn: (problem: string) => void) {
    this.#warn = warn;
  }

  add(path: string): void {
    this.#waiting.add(path);
    this.#work ??= this.#workOff();
  }

  /** Resolves when nothing is going on any more. What is not compressed yet stays as it is. */
  async close(): Promise<void> {
    this.#waiting.clear();
    this.#abort.abort();
    await this.#work;
  }

  async #workOff(): Promise<void> {
    for (const path of this.#waiting) {
      try {
        await compress(path, this.#abort.signal);
      } catch (error) {
        // It may have been too old to be kept meanwhile.
        if (!this.#abort.signal.aborted && systemCode(error) !== 'ENOENT') {
          this.#warn(`${path}: is not compressed (${messageOf(error)})`);
        }
      }
      this.#waiting.delete(path);
    }
    this.#work = undefined;
  }
}

async function compress(path: string, signal: AbortSignal): Promise<void> {
  const unfinished = `${path}.gz.new`;
  // Of a monitor that was killed.
  await rm(unfinished, { force: true });
  const source = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode, atime, mtime } = await source.stat();
    const target = createWriteStream(unfinished, { flags: 'wx', mode: mode & 0o777, flush: true });
    await pipeline(source.createReadStream(), createGzip(), target, { signal });
    await utimes(unfinished, atime, mtime);
    await rename(unfinished, `${path}.gz`);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await source.close();
  }
  // Deleted meanwhile, because newer ones are enough: then the copy goes too.
  const isWanted = await stat(path).catch(() => undefined);
  await rm(isWanted === undefined ? `${path}.gz` : path, { force: true });
}
