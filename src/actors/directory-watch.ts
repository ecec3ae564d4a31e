import { FSWatcher } from 'chokidar';
import type { Fault } from '../../machines/index.js';
import { errorCodes, messageOf, systemCode } from '../errors.js';

/** Something may have changed: the entry of that name, or (`undefined`) anything. */
export type Hint = (name: string | undefined) => void;

/** How late an event may come, in ms. */
const latestEventMs = 1_000;

/**
 * At each change chokidar would list the directory and look at every entry, for a list that is not used here: at a
 * thousand entries that keeps the threads busy in which processes are made, for 5 ms.
 */
class UnreadDirectory extends FSWatcher {
  override _readdirp(): undefined {
    return undefined;
  }
}

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
  #watcher: UnreadDirectory | undefined;
  #armedFor = '';
  /** When an entry last came or went, as of the last comparison (ns since 1970). */
  #changed: bigint | undefined;
  #isHeard = false;
  #doubt: NodeJS.Timeout | undefined;

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
    const watcher = new UnreadDirectory({ depth: 0, ignoreInitial: true, ignored: (path) => path !== this.#path });
    watcher.on('raw', (_event, name: string | null) => this.#hear(name ?? undefined));
    // What happened before the watch stood has made no event.
    watcher.on('ready', () => this.#hear(undefined));
    watcher.on('error', (error) => this.#fail(error));
    watcher.add(this.#path);
    this.#watcher = watcher;
  }

  /**
   * Compares when an entry last came or went (`changed`, ns since 1970) with the comparison before. A change of which
   * nothing is heard, not even a second later, shows that this file system has no events.
   */
  compare(changed: bigint): void {
    const isSilent = this.#changed !== undefined && changed !== this.#changed && !this.#isHeard;
    this.#changed = changed;
    this.#isHeard = false;
    if (isSilent) this.#doubt ??= setTimeout(() => setImmediate(() => this.#judge()), latestEventMs);
  }

  close(): void {
    this.#armedFor = '';
    this.#changed = undefined;
    clearTimeout(this.#doubt);
    this.#doubt = undefined;
    const watcher = this.#watcher;
    this.#watcher = undefined;
    void watcher?.close();
    // It may still be looking at the path, and nobody else would hear that this failed.
    watcher?.on('error', () => undefined);
  }

  #hear(name: string | undefined): void {
    this.#isHeard = true;
    clearTimeout(this.#doubt);
    this.#doubt = undefined;
    this.#hint(name);
  }

  // The watch stays: what makes no events is not made worse by it.
  #judge(): void {
    if (this.#doubt === undefined) return;
    this.#doubt = undefined;
    this.#broken({ code: 'ENOEVENTS', message: errorCodes.ENOEVENTS });
  }

  // It is tried again at the next scan.
  #fail(error: unknown): void {
    this.close();
    this.#broken({ code: systemCode(error), message: messageOf(error) });
  }
}
