import { watch, type FSWatcher } from 'node:fs';
import type { Fault } from '../../machines/index.js';
import { messageOf, systemCode } from '../errors.js';

/** Something may have changed: the entry of that name, or (`undefined`) anything. */
export type Hint = (name: string | undefined) => void;

/**
 * Watches one directory, itself alone, for hints. The scan is the truth: a watch falls silent when its directory is
 * replaced, and on some file systems it never speaks.
 *
 * One inotify watch at any number of files. (chokidar reads the whole directory again at each change, 8 ms of work
 * among 1,000 files, for a list that nobody needs here.)
 */
export class DirectoryWatch {
  readonly #path: string;
  readonly #hint: Hint;
  readonly #broken: (error: Fault) => void;
  #watcher: FSWatcher | undefined;
  #armedFor = '';

  constructor(path: string, hint: Hint, broken: (error: Fault) => void) {
    this.#path = path;
    this.#hint = hint;
    this.#broken = broken;
  }

  /** Watches the directory that is there now (`identity`: its device and inode), if it is not watched yet. */
  arm(identity: string): void {
    if (identity === this.#armedFor) return;
    this.close();
    try {
      this.#watcher = watch(this.#path, (_event, name) => this.#hint(name ?? undefined));
      this.#watcher.on('error', (error) => this.#fail(error));
      this.#armedFor = identity;
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    this.#armedFor = '';
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  // It is tried again at the next scan.
  #fail(error: unknown): void {
    this.close();
    this.#broken({ code: systemCode(error), message: messageOf(error) });
  }
}
