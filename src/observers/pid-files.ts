import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../../machines/index.js';
import { CarefulWriter } from '../os/careful-writer.js';
import { unfinishedName, writeFileAtomically } from '../protocol/atomic-file.js';
import { settle } from './settle.js';

const retryMs = 1_000;

/** One file NAME with the pid, while the process lives. */
export class PidFiles {
  readonly #directory: string;
  readonly #writer: CarefulWriter;
  /** What should be there. */
  readonly #pids = new Map<string, number>();
  /** What belongs into files that are not as they should be, by name; `undefined`: there should be none. */
  readonly #owed = new Map<string, number | undefined>();
  #retry: NodeJS.Timeout | undefined;

  /** `before`: the programs of a monitor that did not live to remove their files. */
  constructor(directory: string, before: ReadonlySet<string>, warn: (problem: string) => void) {
    this.#directory = directory;
    this.#writer = new CarefulWriter(directory, warn);
    if (before.size > 0) this.#writer.attempt(() => this.#clear(before));
  }

  observe(fact: Fact): void {
    // No process has the pid 0: to signal it is to signal oneself.
    if (fact.type === 'program.started' && fact.pid > 0) this.#pids.set(fact.name, fact.pid);
    else if (fact.type === 'program.died' || fact.type === 'program.failed') this.#pids.delete(fact.name);
    else return;
    this.#owed.set(fact.name, this.#pids.get(fact.name));
    this.#settle();
  }

  /** Makes good what was lost with the directory. */
  check(): void {
    this.#writer.attempt(() => mkdirSync(this.#directory, { recursive: true }));
    if (!this.#writer.isElsewhere()) return;
    for (const [name, pid] of this.#pids) this.#owed.set(name, pid);
    this.#settle();
  }

  close(): void {
    clearTimeout(this.#retry);
  }

  #clear(before: ReadonlySet<string>): void {
    if (!existsSync(this.#directory)) return;
    for (const entry of readdirSync(this.#directory)) {
      if (before.has(entry) || before.has(unfinishedName(entry) ?? '')) rmSync(join(this.#directory, entry));
    }
  }

  #settle(): void {
    clearTimeout(this.#retry);
    for (const [name, pid] of this.#owed) {
      if (!this.#writer.attempt(() => settle(this.#owed, name, pid, () => this.#write(name, pid)))) break;
    }
    if (this.#owed.size > 0) this.#retry = setTimeout(() => this.#settle(), retryMs).unref();
  }

  #write(name: string, pid: number | undefined): void {
    const path = join(this.#directory, name);
    if (pid === undefined) return rmSync(path, { force: true });
    mkdirSync(this.#directory, { recursive: true });
    writeFileAtomically(path, `${pid}\n`, { mode: 0o644 });
  }
}
