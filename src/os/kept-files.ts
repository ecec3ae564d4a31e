import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface KeptLimits {
  readonly count: number;
  /** Milliseconds. */
  readonly age: number;
}

/** Which entries of a directory are there, oldest first, so that neither their number nor their age grows without end. */
export class KeptFiles {
  readonly #limits: KeptLimits;
  readonly #filesOf: (entry: string) => readonly string[];
  /** When each was written (ms since 1970), in this order. */
  readonly #entries = new Map<string, number>();

  /** `filesOf`: the names of the files that an entry consists of. */
  constructor(limits: KeptLimits, filesOf: (entry: string) => readonly string[]) {
    this.#limits = limits;
    this.#filesOf = filesOf;
  }

  /** Counts what is there already. `entryOf`: the entry that a file belongs to. Throws where it cannot be listed. */
  load(directory: string, entryOf: (file: string) => string): void {
    const found = readdirSync(directory).map((file) => {
      return { entry: entryOf(file), at: statSync(join(directory, file), { throwIfNoEntry: false })?.mtimeMs ?? 0 };
    });
    for (const { entry, at } of found.sort((a, b) => a.at - b.at)) this.#note(entry, at);
  }

  /** Counts one that was written `at`, and deletes what is too much by then. Throws where it cannot be deleted. */
  add(directory: string, entry: string, at: number): void {
    this.#note(entry, at);
    for (const [oldest, since] of this.#entries) {
      if (this.#entries.size <= this.#limits.count && at - since < this.#limits.age) return;
      for (const file of this.#filesOf(oldest)) rmSync(join(directory, file), { force: true });
      this.#entries.delete(oldest);
    }
  }

  #note(entry: string, at: number): void {
    this.#entries.delete(entry);
    this.#entries.set(entry, at);
  }
}
