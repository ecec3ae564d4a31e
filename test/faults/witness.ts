import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { seeProcess } from '../processes.js';

interface Seen {
  readonly pid: number;
  readonly program: string;
  readonly isMain: boolean;
}

const lookMs = 20;

/**
 * Watches the processes of programs by where they run, which neither a new title nor a new session changes, and by
 * nothing that ncolony says: each program has to run in a directory of its own.
 */
export class Witness {
  /** Moments at which a program had two main processes. */
  readonly doubles: string[] = [];
  readonly #root: string;
  readonly #timer: NodeJS.Timeout;

  constructor(root: string) {
    this.#root = join(root, 'at');
    mkdirSync(this.#root);
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  /** Where a program has to run: its `ncolony.cwd`. */
  placeOf(program: string): string {
    const place = join(this.#root, program);
    mkdirSync(place, { recursive: true });
    return place;
  }

  /** The number of main processes of each program that has processes; one that has none but others counts 0. */
  mains(): Record<string, number> {
    const seen = this.#survey();
    const count = (program: string) => seen.filter((one) => one.program === program && one.isMain).length;
    return Object.fromEntries(seen.map(({ program }) => [program, count(program)]));
  }

  /** Ends whatever is left, and the watch. */
  cleanUp(): void {
    clearInterval(this.#timer);
    for (const { pid } of this.#survey()) process.kill(pid, 'SIGKILL');
  }

  #look(): void {
    const mains = this.#survey().filter(({ isMain }) => isMain);
    for (const program of new Set(mains.map((seen) => seen.program))) {
      const pids = mains.filter((seen) => seen.program === program).map(({ pid }) => pid);
      // One may have ended before the other was looked at: both have to be there now.
      if (pids.length > 1 && pids.every((pid) => seeProcess(pid) !== undefined)) {
        this.doubles.push(`${program}: ${pids.map((pid) => wordsOf(pid)).join(' and ')}`);
      }
    }
  }

  // A main process leads a session, and nobody of its program stands above it: a daemon has a main process above it as
  // long as it leads one.
  #survey(): Seen[] {
    const places = new Map<number, string>(
      readdirSync('/proc')
        .filter((entry) => /^\d+$/.test(entry))
        .flatMap((entry) => {
          const place = placeOf(entry);
          if (place === undefined || dirname(place) !== this.#root) return [];
          return [[Number(entry), basename(place)] as const];
        }),
    );
    return [...places].flatMap(([pid, program]) => {
      const seen = seeProcess(pid);
      return seen === undefined
        ? []
        : [{ pid, program, isMain: seen.session === pid && places.get(seen.parent) !== program }];
    });
  }
}

function placeOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function wordsOf(pid: number): string {
  try {
    return `${pid} (${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()})`;
  } catch {
    return String(pid);
  }
}

/** A source of chance that is the same for the same seed: numbers from 0 up to 1. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
