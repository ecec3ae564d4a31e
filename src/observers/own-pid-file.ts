import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { CarefulWriter } from '../os/careful-writer.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';

const text = `${process.pid}\n`;

/** Keeps the monitor's own pid in a file, from now on until it ends. */
export class OwnPidFile {
  readonly #path: string;
  readonly #writer: CarefulWriter;

  constructor(path: string, warn: (problem: string) => void) {
    this.#path = path;
    this.#writer = new CarefulWriter(dirname(path), warn);
    this.#write();
  }

  observe(): void {
    // It says what does not change.
  }

  /** Makes good what was lost, or could not be written. */
  check(): void {
    if (!this.#isThere()) this.#write();
  }

  close(): void {
    if (this.#isThere()) this.#writer.attempt(() => rmSync(this.#path, { force: true }));
  }

  #write(): void {
    this.#writer.attempt(() => writeFileAtomically(this.#path, text, { mode: 0o644 }));
  }

  #isThere(): boolean {
    try {
      return readFileSync(this.#path, 'utf8') === text;
    } catch {
      return false;
    }
  }
}
