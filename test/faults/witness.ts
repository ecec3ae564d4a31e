import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { seeProcess } from '../processes.js';

interface Seen {
  readonly pid: number;
  readonly program: string;
  readonly isMain: boolean;
}

const lookMs = 20;

/**
 * What any witness of this file saw. A test that is late may be tried again; that a program ran twice is not undone by
 * a second try that goes well: `afterAll` has to find nothing here.
 */
export const allDoubles: string[] = [];

/**
 * Watches the processes of programs by where they run, which neither a new title nor a new session changes, and by
 * nothing that ncolony says: each program has to run in a directory of its own, and its daemons in `daemon` below it.
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
    mkdirSync(join(place, 'daemon'), { recursive: true });
    return place;
  }

  /** The number of main processes of each program that has processes; one that has none but others counts 0. */
  mains(): Record<string, number> {
    const seen = this.#survey();
    const count = (program: string) => seen.filter((one) => one.program === program && one.isMain).length;
    return Object.fromEntries(seen.map(({ program }) => [program, count(program)]));
  }

  /** The main process of a program, if it has one now. */
  mainOf(program: string): number | undefined {
    return this.#survey().find((seen) => seen.program === program && seen.isMain)?.pid;
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
        const double = `${program}: ${pids.map((pid) => wordsOf(pid)).join(' and ')}`;
        this.doubles.push(double);
        allDoubles.push(double);
      }
    }
  }

  #survey(): Seen[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => {
        const [program, ...below] = relative(this.#root, directoryOf(entry) ?? '/').split('/');
        if (program === undefined || program === '' || program === '..') return [];
        const pid = Number(entry);
        const seen = seeProcess(pid);
        return seen === undefined ? [] : [{ pid, program, isMain: below.length === 0 && seen.session === pid }];
      });
  }
}

function directoryOf(pid: string): string | undefined {
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
