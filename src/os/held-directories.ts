import { identityOf } from '../protocol/directory.js';
import { lockDirectory, type DirectoryLock } from './directory-lock.js';

/** The directories that this process has for itself: whichever stands at each of their paths. */
export class HeldDirectories {
  readonly #held = new Map<string, { readonly identity: string; readonly lock: DirectoryLock }>();

  /**
   * Takes the directory that stands there now, and lets the one go that stood there before. Throws as `lockDirectory`
   * does; then nothing is held by that path.
   */
  take(path: string): void {
    const identity = identityOf(path);
    const held = this.#held.get(path);
    if (held?.identity === identity) return;
    this.#held.delete(path);
    held?.lock.release();
    this.#held.set(path, { identity, lock: lockDirectory(path) });
  }

  release(): void {
    for (const { lock } of this.#held.values()) lock.release();
    this.#held.clear();
  }
}
