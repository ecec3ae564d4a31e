import { existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CarefulWriter } from '../os/careful-writer.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { inRuntimeDirectory, prepareRuntimeDirectory, type RuntimePaths } from '../protocol/runtime-directory.js';
import type { MonitorStatus } from '../protocol/status-file.js';

/** It is not written more often, however often it is checked. */
const leastMs = 900;

/** Keeps `monitor.json`, by which ctl finds the monitor, and the directories of the runtime state. */
export class MonitorFile {
  readonly #paths: RuntimePaths;
  readonly #status: MonitorStatus;
  readonly #writer: CarefulWriter;
  /** When it was written last, monotonic ms. */
  #writtenAt = -Infinity;

  constructor(paths: RuntimePaths, status: MonitorStatus, warn: (problem: string) => void) {
    this.#paths = paths;
    this.#status = status;
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
      this.#inRoot((path) => {
        if (performance.now() - this.#writtenAt < leastMs && existsSync(path)) return;
        writeFileAtomically(path, `${JSON.stringify(this.#status)}\n`);
        this.#writtenAt = performance.now();
      });
    });
  }

  close(): void {
    this.#writer.attempt(() => this.#inRoot((path) => rmSync(path, { force: true })));
  }

  #inRoot(action: (path: string) => void): void {
    const { root, monitor } = this.#paths;
    inRuntimeDirectory(root, (directory) => action(join(directory, basename(monitor))));
  }
}
