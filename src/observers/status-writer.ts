import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ActorRefFrom } from 'xstate';
import type { Fact, supervisorMachine } from '../../machines/index.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';
import type { ContentDigests } from '../protocol/content-digests.js';
import type { ProgramStatusFile } from '../protocol/status-file.js';
import { CarefulWriter } from '../os/careful-writer.js';

/** When things happened, which no machine knows: milliseconds of the wall clock. */
interface Times {
  since: number;
  startedAt: number | null;
  exitAt: number | null;
  nextStartAt: number | null;
  killAt: number | null;
}

const coalesceMs = 10;
const retryMs = 1_000;
const sliceMs = 8;
// A file costs up to a millisecond: in a crowd the programs come first, and what changes meanwhile is written once.
const pauseMs = 3 * sliceMs;
// What is about to change anyway is not written for nothing: a start that is being made, a stop that takes no time.
const startingMs = 250;
const stoppingMs = 500;

/** Keeps `status/NAME.json` like the machines: what changes in one moment is written once, and in slices. */
export class StatusWriter {
  readonly #directory: string;
  readonly #supervisor: ActorRefFrom<typeof supervisorMachine>;
  readonly #contentOf: (name: string) => ContentDigests | null;
  readonly #writer: CarefulWriter;
  readonly #times = new Map<string, Times>();
  /** Names whose file is not as it should be, and from when on (monotonic, ms) it is to be written. */
  readonly #dirty = new Map<string, number>();
  #isStopping = false;
  #timer: NodeJS.Timeout | undefined;

  /** `contentOf`: what is in force of a program's file. */
  constructor(
    directory: string,
    supervisor: ActorRefFrom<typeof supervisorMachine>,
    contentOf: (name: string) => ContentDigests | null,
    warn: (problem: string) => void,
  ) {
    this.#directory = directory;
    this.#supervisor = supervisor;
    this.#contentOf = contentOf;
    this.#writer = new CarefulWriter(directory, warn);
  }

  observe(fact: Fact): void {
    const names = fact.type === 'config.added' ? fact.names : 'name' in fact ? [fact.name] : [];
    const due = performance.now() + this.#patience(fact);
    for (const name of names) this.#dirty.set(name, due);
    if (fact.type === 'supervisor.stopping') this.#isStopping = true;
    if (fact.type.startsWith('program.') && 'name' in fact) this.#note(fact);
    if (this.#dirty.size > 0) this.#timer ??= setTimeout(() => this.#flush(sliceMs), coalesceMs);
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
    if (this.#dirty.size > 0) this.#timer ??= setTimeout(() => this.#flush(sliceMs), coalesceMs);
  }

  /** Writes what is still to be written. */
  close(): void {
    clearTimeout(this.#timer);
    this.#flush(Infinity);
    clearTimeout(this.#timer);
  }

  #note(fact: Extract<Fact, { readonly name: string }>): void {
    const now = Date.now();
    const times = this.#times.get(fact.name) ?? {
      since: now,
      startedAt: null,
      exitAt: null,
      nextStartAt: null,
      killAt: null,
    };
    this.#times.set(fact.name, times);
    switch (fact.type) {
      case 'program.starting':
      case 'program.running':
      case 'program.stopped':
        Object.assign(times, { since: now, nextStartAt: null, killAt: null });
        break;
      case 'program.started':
        times.startedAt = now;
        break;
      case 'program.died':
        Object.assign(times, { startedAt: null, exitAt: now });
        break;
      case 'program.backing-off':
        Object.assign(times, { since: now, nextStartAt: now + fact.delay, killAt: null });
        break;
      case 'program.killing':
        Object.assign(times, { since: now, killAt: now + fact.killtime });
        break;
      default:
    }
  }

  #flush(budgetMs: number): void {
    this.#timer = undefined;
    const now = performance.now();
    const end = now + budgetMs;
    for (const [name, due] of this.#dirty) {
      if (due > now && budgetMs !== Infinity) continue;
      if (!this.#writer.attempt(() => inRuntimeDirectory(this.#directory, (path) => this.#write(path, name)))) {
        this.#timer = setTimeout(() => this.#flush(sliceMs), retryMs).unref();
        return;
      }
      this.#dirty.delete(name);
      if (performance.now() > end) break;
    }
    if (this.#dirty.size > 0) this.#timer = setTimeout(() => this.#flush(sliceMs), pauseMs);
  }

  #write(directory: string, name: string): void {
    const path = join(directory, `${name}.json`);
    const status = this.#statusOf(name);
    if (status === undefined) {
      this.#times.delete(name);
      rmSync(path, { force: true });
    } else {
      writeFileAtomically(path, `${JSON.stringify(status)}\n`);
    }
  }

  #statusOf(name: string): ProgramStatusFile | undefined {
    const { programs, specs, faults } = this.#supervisor.getSnapshot().context;
    const program = programs.get(name)?.getSnapshot();
    const fault = faults.get(name) ?? null;
    if (program === undefined && fault === null) return undefined;
    const times = this.#times.get(name);
    const context = program?.context;
    const pid = context?.pid ?? null;
    return {
      version: 1,
      name,
      state: program?.value ?? null,
      // What the files say: a shutdown does not change it.
      wanted: specs.get(name)?.wanted ?? context?.wanted ?? null,
      pid,
      since: iso(times?.since),
      startedAt: pid === null ? null : iso(times?.startedAt),
      run: context?.run ?? null,
      starts: context?.starts ?? 0,
      restarts: Math.max(0, (context?.starts ?? 0) - 1),
      instantDeaths: context?.instantDeaths ?? 0,
      lastExit: context?.lastExit ? { ...context.lastExit, at: iso(times?.exitAt) ?? '' } : null,
      nextStartAt: iso(times?.nextStartAt),
      killAt: iso(times?.killAt),
      error: fault ?? context?.error ?? null,
      rejected: fault,
      revision: context?.spec.revision ?? null,
      group: context?.spec.groups ?? [],
      stragglers: context?.stragglers ?? [],
      content: this.#contentOf(name),
    };
  }
}

function iso(time: number | null | undefined): string | null {
  return time === null || time === undefined ? null : new Date(time).toISOString();
}
