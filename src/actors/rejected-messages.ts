import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nanoid } from 'nanoid';
import type { Fault } from '../../machines/index.js';
import { KeptFiles } from '../os/kept-files.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';

const limits = { count: 1_000, age: 30 * 24 * 3_600_000 };
const reasonSuffix = '.reason';

/** Where messages are kept that could not be obeyed, each with its reason beside it: the last thousand of the last month. */
export class RejectedMessages {
  readonly #directory: string;
  #kept: KeptFiles | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Moves a message there. Throws where it cannot be; then it is where it was. */
  take(path: string, id: string, error: Fault): void {
    inRuntimeDirectory(this.#directory, (directory) => {
      const entry = `${id}.${nanoid(8)}`;
      const kept = join(directory, entry);
      writeFileAtomically(`${kept}${reasonSuffix}`, `${JSON.stringify({ version: 1, message: id, error })}\n`);
      try {
        renameSync(path, kept);
      } catch (problem) {
        rmSync(`${kept}${reasonSuffix}`, { force: true });
        throw problem;
      }
      this.#keptIn(directory).add(directory, entry, Date.now());
    });
  }

  #keptIn(directory: string): KeptFiles {
    if (this.#kept === undefined) {
      this.#kept = new KeptFiles(limits, (entry) => [entry, `${entry}${reasonSuffix}`]);
      this.#kept.load(directory, (file) => (file.endsWith(reasonSuffix) ? file.slice(0, -reasonSuffix.length) : file));
    }
    return this.#kept;
  }
}
