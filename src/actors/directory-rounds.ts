import { basename } from 'node:path';
import type { DirectoryNews } from '../../machines/index.js';
import { messageOf, systemCode } from '../errors.js';
import { identityOf, listedNames, standingAt } from '../protocol/directory.js';
import { isListedName } from '../protocol/file-names.js';
import { DirectoryWatch } from './directory-watch.js';

export interface RoundsOptions {
  readonly path: string;
  /** Milliseconds between two rounds through everything. */
  readonly frequency: number;
  /** Takes the directory that stands at the path for this monitor alone, when it is another one than before. May throw. */
  readonly take: (path: string) => void;
  /** Looks at these names. `whole`: they are all that there are. Must not throw. */
  readonly look: (names: readonly string[], whole: boolean) => Promise<void>;
  /** A round was due, but the directory cannot be read. */
  readonly missed?: () => void;
  readonly report: (news: DirectoryNews) => void;
}

/** How soon a lost directory is looked for again, in ms. */
const lostRetryMs = 1_000;

/**
 * When a directory is looked at: at once after a hint or a request, and every `frequency` whatever the hints say.
 *
 * One round at a time, and what comes in one turn of the event loop makes one round. While the directory cannot be
 * read there are no rounds, which is not the same as a round that finds nothing.
 */
export class DirectoryRounds {
  readonly #options: RoundsOptions;
  readonly #watch: DirectoryWatch;
  #pending: Set<string> | 'all' | undefined;
  /** Named since the round began, or since they were taken; also where all are pending. */
  readonly #urgent = new Set<string>();
  #running = false;
  /** All that was there when the round that is under way began. */
  #listed: readonly string[] | undefined;
  #closed = false;
  #lost: 'unreadable' | 'locked' | undefined;
  /** Of the directory that was listed last. */
  #identity: string | undefined;
  #unwatched = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#watch = new DirectoryWatch(
      options.path,
      (name) => this.#hint(name),
      (error) => {
        if (!this.#unwatched) options.report({ type: 'directory.unwatched', path: options.path, error });
        this.#unwatched = true;
      },
    );
  }

  /** Asks for a round that begins after this call. */
  request(names: readonly string[] | 'all'): void {
    if (this.#closed) return;
    if (names === 'all' || this.#pending === 'all') this.#pending = 'all';
    else {
      this.#pending ??= new Set();
      for (const name of names) this.#pending.add(name);
    }
    if (names !== 'all') for (const name of names) this.#urgent.add(name);
    this.#schedule();
  }

  /**
   * Names that were asked for since the round began, or since the last call, for a round that takes long. They have a round
   * of their own all the same, so that nothing is lost where the directory is another by now and this says none.
   */
  takeUrgent(): readonly string[] {
    const names = this.#urgent.size > 0 && this.stands() ? [...this.#urgent] : [];
    this.#urgent.clear();
    return names;
  }

  /** Whether the directory is the one that was listed: if not, what is missing from it may be elsewhere. */
  stands(): boolean {
    try {
      return identityOf(this.#options.path) === this.#identity;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch.close();
  }

  #hint(name: string | undefined): void {
    // `..data` leads elsewhere now (Kubernetes), or the directory itself was moved.
    if (name === undefined || name.startsWith('..') || name === basename(this.#options.path)) {
      this.request('all');
      this.#lookForNew();
    } else if (isListedName(name)) this.request([name]);
  }

  /** What came since the list was read, and before there was a watch, does not wait for the end of a long round. */
  #lookForNew(): void {
    if (this.#listed === undefined) return;
    const listed = new Set(this.#listed);
    try {
      for (const name of listedNames(this.#options.path)) if (!listed.has(name)) this.#urgent.add(name);
    } catch {
      // The round that was asked for tells why.
    }
  }

  #schedule(): void {
    if (this.#running || this.#closed) return;
    this.#running = true;
    setImmediate(() => void this.#round());
  }

  async #round(): Promise<void> {
    const pending = this.#pending instanceof Set && !this.stands() ? 'all' : this.#pending;
    this.#pending = undefined;
    this.#urgent.clear();
    if (pending !== undefined && !this.#closed) {
      const names = this.#listing(pending);
      this.#listed = pending === 'all' ? names : undefined;
      if (names === undefined) this.#options.missed?.();
      else await this.#options.look(names, pending === 'all');
      this.#listed = undefined;
      if (pending === 'all') this.#againLater();
    }
    this.#running = false;
    if (this.#pending !== undefined) this.#schedule();
  }

  #listing(pending: ReadonlySet<string> | 'all'): readonly string[] | undefined {
    const { path, report } = this.#options;
    if (pending !== 'all') return [...pending];
    try {
      // In this order: what comes after the list is read makes an event.
      const { identity, changed } = standingAt(path);
      if (identity !== this.#identity) this.#options.take(path);
      this.#watch.arm(identity);
      this.#watch.compare(changed);
      const names = listedNames(path);
      if (this.#lost !== undefined) report({ type: 'directory.found', path });
      this.#lost = undefined;
      this.#identity = identity;
      return names;
    } catch (error) {
      const fault = { code: systemCode(error), message: messageOf(error) };
      const lost = fault.code === 'ELOCKED' ? 'locked' : 'unreadable';
      if (this.#lost !== lost) report({ type: 'directory.lost', path, error: fault });
      this.#lost = lost;
      this.#identity = undefined;
      // It may be this very directory that comes back, and then its old watch is silent.
      this.#watch.close();
      return undefined;
    }
  }

  #againLater(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const { frequency } = this.#options;
    // To take what another has costs a look at all processes.
    const wait = this.#lost === 'unreadable' ? Math.min(frequency, lostRetryMs) : frequency;
    this.#timer = setTimeout(() => this.request('all'), wait);
  }
}
