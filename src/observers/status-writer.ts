import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ActorRefFrom } from 'xstate';
import type { Fact, supervisorMachine } from '../../machines/index.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';
import type { ContentDigests } from '../protocol/content-digests.js';
import type { ProgramStatusFile } from '../protocol/status-file.js';
import { CarefulWriter } from '../os/careful-writer.js';
import { ProgramStatuses } from './program-statuses.js';
import { settle } from './settle.js';
import { SpareTime, type SliceResult } from './spare-time.js';

const coalesceMs = 10;
// What is about to change anyway is not written for nothing: a start that is being made, a stop that takes no time.
const startingMs = 1_000;
const stoppingMs = 500;

/** Keeps `status/NAME.json` like the machines: what changes in one moment is written once, and in slices. */
export class StatusWriter {
  readonly #directory: string;
  readonly #supervisor: ActorRefFrom<typeof supervisorMachine>;
  readonly #contentOf: (name: string) => ContentDigests | null;
  readonly #statuses: ProgramStatuses;
  readonly #writer: CarefulWriter;
  /** Names whose file is not as it should be, and from when on (monotonic, ms) it is to be written. */
  readonly #dirty = new Map<string, number>();
  readonly #spareTime = new SpareTime(coalesceMs, (budgetMs) => this.#flush(budgetMs));
  #isStopping = false;

  /** `contentOf`: what is in force of a program's file. */
  constructor(
    directory: string,
    supervisor: ActorRefFrom<typeof supervisorMachine>,
    contentOf: (name: string) => ContentDigests | null,
    warn: (problem: string) => void,
  ) {
    this.#directory = directory;
    this.#supervisor = supervisor;
    this.#statuses = new ProgramStatuses(supervisor);
    this.#contentOf = contentOf;
    this.#writer = new CarefulWriter(directory, warn);
  }

  observe(fact: Fact): void {
    const names = fact.type === 'config.added' ? fact.names : 'name' in fact ? [fact.name] : [];
    // Who waits for the end of a program takes one without a status and a process for gone, and its daemons may still be
    // searched for.
    if (isLastOrder(fact) && this.#dirty.has(fact.name)) this.#attempt((place) => this.#write(place, fact.name));
    const due = performance.now() + this.#patience(fact);
    for (const name of names) this.#dirty.set(name, due);
    if (fact.type === 'supervisor.stopping') this.#isStopping = true;
    this.#statuses.observe(fact);
    // Who asked for it looks for the reason no longer than a second.
    if (fact.type === 'config.rejected' && this.#attempt((place) => this.#write(place, fact.name))) {
      this.#dirty.delete(fact.name);
    }
    if (this.#dirty.size > 0) this.#spareTime.claim();
  }

  #patience({ type }: Fact): number {
    if (this.#isStopping) return stoppingMs;
    return type === 'program.starting' || type === 'config.added' ? startingMs : 0;
  }

  /** Makes good what was lost with the directory. */
  check(): void {
    if (!this.#writer.isElsewhere()) return;
    const { programs, faults } = this.#supervisor.getSnapshot().context;
    for (const name of [...programs.keys(), ...faults.keys()]) this.#dirty.set(name, 0);
    if (this.#dirty.size > 0) this.#spareTime.claim();
  }

  /** Writes what is still to be written. */
  close(): void {
    this.#spareTime.finish();
  }

  #flush(budgetMs: number): SliceResult {
    if (this.#dirty.size === 0) return 'done';
    let isAllDue = true;
    const isDone = this.#attempt((directory) => (isAllDue = this.#writeDue(directory, budgetMs)));
    if (!isDone) return 'failed';
    if (this.#dirty.size === 0) return 'done';
    return isAllDue ? 'later' : 'more';
  }

  /** Whether there was time for all that is due. */
  #writeDue(directory: string, budgetMs: number): boolean {
    const now = performance.now();
    let isOver = false;
    for (const [name, due] of this.#dirty) {
      if (due > now && budgetMs !== Infinity) continue;
      if (isOver) return false;
      settle(this.#dirty, name, due, () => this.#write(directory, name));
      isOver = performance.now() > now + budgetMs;
    }
    return true;
  }

  #attempt(action: (directory: string) => unknown): boolean {
    return this.#writer.attempt(() => inRuntimeDirectory(this.#directory, action));
  }

  #write(directory: string, name: string): void {
    const path = join(directory, `${name}.json`);
    const status = this.#statuses.statusOf(name);
    if (status === undefined) {
      rmSync(path, { force: true });
    } else {
      const written: ProgramStatusFile = { version: 1, ...status, content: this.#contentOf(name) };
      writeFileAtomically(path, `${JSON.stringify(written)}\n`);
    }
  }
}

const isLastOrder = (fact: Fact): fact is Extract<Fact, { readonly type: 'config.removed' | 'config.changed' }> =>
  fact.type === 'config.removed' || (fact.type === 'config.changed' && fact.wanted === 'down');
