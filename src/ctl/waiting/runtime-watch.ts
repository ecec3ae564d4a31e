import { watch, type FSWatcher } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { identityOf } from '../../protocol/directory.js';

/** What changes in one moment is looked at once, in ms. */
const coalesceMs = 5;
/** How often everything is looked at whatever the hints say, and directories that were not there are watched, in ms. */
const rereadMs = 500;

/** Which files may have changed: their names, or (`undefined`) any. */
export type Hints = ReadonlySet<string> | undefined;

/** Listens to directories of the runtime state from its creation on, so that nothing is missed between an act and a look. */
export class RuntimeWatch {
  readonly #directories: readonly string[];
  readonly #watchers = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  #hints: Set<string> | undefined;
  #wake: () => void = () => {};

  constructor(directories: readonly string[]) {
    this.#directories = directories;
    this.#arm();
  }

  /** Looks at once, then after every hint, until there is something to return; `undefined`: not by `deadline` (monotonic). */
  async until<T>(look: (hints: Hints) => T | undefined, deadline: number): Promise<T | undefined> {
    let found = look(undefined);
    while (found === undefined && performance.now() < deadline) {
      await this.#next(deadline);
      const hints = this.#hints;
      this.#hints = new Set();
      found = look(hints);
    }
    return found;
  }

  close(): void {
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #next(deadline: number): Promise<void> {
    if (this.#hints === undefined || this.#hints.size > 0) return pause(coalesceMs);
    const wait = Math.min(rereadMs, Math.max(0, deadline - performance.now()));
    const isHinted = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    this.#wake = () => {};
    if (isHinted && this.#watchers.size === this.#directories.length) return pause(coalesceMs);
    this.#arm();
    this.#hints = undefined;
  }

  #hint(name: string | null): void {
    // Half-written files are not looked at: the name that they get makes an event of its own.
    if (name?.endsWith('.new')) return;
    if (name === null) this.#hints = undefined;
    else this.#hints?.add(name);
    this.#wake();
  }

  #arm(): void {
    for (const directory of this.#directories) {
      const known = this.#watchers.get(directory);
      const identity = identityIfThere(directory);
      if (known?.identity === identity) continue;
      known?.watcher.close();
      this.#watchers.delete(directory);
      if (identity === undefined) continue;
      try {
        const watcher = watch(directory, (_event, name) => this.#hint(name));
        watcher.on('error', () => watcher.close());
        this.#watchers.set(directory, { identity, watcher });
      } catch {
        // No watch is to be had (ENOSPC): it is looked at all the same.
      }
    }
  }
}

function identityIfThere(directory: string): string | undefined {
  try {
    return identityOf(directory);
  } catch {
    return undefined;
  }
}
