import { watch, type FSWatcher } from 'chokidar';
import type { Fault } from '../../machines/index.js';
import { messageOf, systemCode } from '../errors.js';

/** Something may have changed: the entry of that name, or (`undefined`) anything. */
export type Hint = (name: string | undefined) => void;

/**
 * Watches one directory, itself alone, for hints. The scan is the truth: a watch falls silent when its directory is
 * replaced, and on some file systems it never speaks.
 *
 * chokidar would keep a watcher for each file; with everything below the directory ignored it keeps one inotify watch
 * for all, and its `raw` event tells of each change at once, at any number of files.
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
    this.#armedFor = identity;
    const watcher = watch(this.#path, { depth: 0, ignoreInitial: true, ignored: (path) => path !== this.#path });
    watcher.on('raw', (_event, name: string | null) => this.#hint(name ?? undefined));
    // What happened before the watch stood has made no event.
    watcher.on('ready', () => this.#hint(undefined));
    watcher.on('error', (error) => this.#fail(error));
    this.#watcher = watcher;
  }

  close(): void {
    this.#armedFor = '';
    void this.#watcher?.close();
    this.#watcher = undefined;
  }

  // It is tried again at the next scan.
  #fail(error: unknown): void {
    this.close();
    this.#broken({ code: systemCode(error), message: messageOf(error) });
  }
}
