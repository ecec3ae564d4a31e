import { existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CarefulWriter } from '../os/careful-writer.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { inRuntimeDirectory, prepareRuntimeDirectory, type RuntimePaths } from '../protocol/runtime-directory.js';
import type { MonitorStatus } from '../protocol/status-file.js';

/** It is not written more often, however often it is checked. */
const leastMs = 900;

/**
 * Keeps `monitor.json`, by which ctl finds the monitor, the key by which it compares what runs, and the directories of
 * the runtime state.
 */
export class MonitorFile {
  readonly #paths: RuntimePaths;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #writer: CarefulWriter;
  /** When it was written last, monotonic ms. */
  #writtenAt = -Infinity;

  constructor(paths: RuntimePaths, status: MonitorStatus, contentKey: string, warn: (problem: string) => void) {
    this.#paths = paths;
    // The key first: who finds a monitor finds its key.
    this.#texts = new Map([
      [basename(paths.contentKey), `${contentKey}\n`],
      [basename(paths.monitor), `${JSON.stringify(status)}\n`],
    ]);
    this.#writer = new CarefulWriter(paths.root, warn);
    this.check();
  }

  observe(): void {
    // It says what does not change.
  }

  /** Makes good what was lost, and shows that this monitor lives and can write. */
  check(): void {
    this.#writer.attempt(() => {
      prepareRuntimeDirectory(this.#paths);
      const isFresh = performance.now() - this.#writtenAt < leastMs;
      this.#each((path, text) => {
        if (!isFresh || !existsSync(path)) writeFileAtomically(path, text);
      });
      if (!isFresh) this.#writtenAt = performance.now();
    });
  }

  close(): void {
    this.#writer.attempt(() => this.#each((path) => rmSync(path, { force: true })));
  }

  #each(action: (path: string, text: string) => void): void {
    inRuntimeDirectory(this.#paths.root, (directory) => {
      for (const [name, text] of this.#texts) action(join(directory, name), text);
    });
  }
}
