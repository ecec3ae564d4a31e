import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { startOf } from './process-figures.js';
import type { Idlers } from './programs.js';

const intervalMs = 4;

interface Suspect {
  readonly seen: number;
  checked: number;
}

/**
 * Sees from outside which programs run, whoever supervises them: in /proc, by their command lines.
 *
 * Only what was started after the watch was made is looked at.
 */
export class ProgramWatch {
  readonly #idlers: Idlers;
  readonly #others: Set<string>;
  readonly #programs = new Map<string, number>();
  /** They may still become a program: a process has its parent's command line until it runs its own. */
  readonly #suspects = new Map<string, Suspect>();

  constructor(idlers: Idlers) {
    this.#idlers = idlers;
    this.#others = new Set(pids());
  }

  /** How many processes of programs there are; those that have ended and wait for their parent are counted. */
  count(): number {
    this.#look();
    return this.#programs.size;
  }

  /** The living processes of each program, by its number. */
  census(): ReadonlyMap<number, readonly number[]> {
    this.#look();
    const census = new Map<number, number[]>();
    for (const [pid, index] of this.#programs) {
      // One that has ended has none.
      if (commandLineOf(pid) !== '') census.set(index, [...(census.get(index) ?? []), Number(pid)]);
    }
    return census;
  }

  /** Resolves when there are so many; rejects after `patienceMs`. */
  async until(count: number, patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const begin = performance.now();
      const running = this.count();
      if (running >= count) return;
      if (begin > deadline) throw new Error(`${running} of ${count} programs run after ${patienceMs} ms`);
      // Who watches must not take the CPU from who is watched: while a quarter of the time was spent on looking, those that
      // keep both cores busy took a third longer, and those that use one did not.
      await pause(Math.max(intervalMs, 15 * (performance.now() - begin)));
    }
  }

  /** When the kernel made the first and the last of the processes that run now: seconds since the boot, to 10 ms. */
  starts(): { readonly first: number; readonly last: number } {
    const times = [...this.census().values()].flat().flatMap((pid) => startOf(pid) ?? []);
    return { first: Math.min(...times), last: Math.max(...times) };
  }

  #look(): void {
    const now = performance.now();
    const present = new Set(pids());
    // Its number may be given to a program.
    for (const known of [this.#others, this.#programs, this.#suspects]) {
      for (const pid of known.keys()) if (!present.has(pid)) known.delete(pid);
    }
    for (const pid of present) {
      if (this.#others.has(pid) || this.#programs.has(pid)) continue;
      const suspect = this.#suspects.get(pid) ?? { seen: now, checked: now };
      this.#suspects.set(pid, suspect);
      // Ever more rarely: most of what is none at first is a supervisor and never becomes one.
      if (now - suspect.checked < suspect.checked - suspect.seen) continue;
      suspect.checked = now;
      const index = this.#idlers.indexOf(commandLineOf(pid));
      if (index === undefined) continue;
      this.#suspects.delete(pid);
      this.#programs.set(pid, index);
    }
  }
}

function pids(): string[] {
  return readdirSync('/proc').filter((name) => name <= '9' || (name > '9' && name < ':'));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
