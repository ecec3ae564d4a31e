import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Announcements } from './announcements.js';
import { CpuAccount } from './cpu-account.js';
import type { Peer, Supervisor } from './peer.js';
import { cpuOf, livingOf, treeOf, uptime, type Processes } from './process-figures.js';
import { ProgramWatch } from './program-watch.js';
import { Idlers, type Program } from './programs.js';

/** How long anything is waited for, ms. */
export const patienceMs = 90_000;

/** The most descriptors that anything needs for a program, and what it needs for itself. */
export const mostDescriptors = 3;
const ownDescriptors = 300;
const raisedLimit = 65_536;

const trials = new Set<{ end(): Promise<void> }>();

/** Ends whatever a measurement that was broken off has left. */
export async function endAllTrials(): Promise<void> {
  for (const trial of trials) await trial.end();
}

/** One supervisor on a home of its own, on tmpfs, with eyes on what it runs. Nothing of it is left in the end. */
export class Trial<S extends Supervisor = Supervisor> {
  readonly idlers = new Idlers();
  readonly watch = new ProgramWatch(this.idlers);
  readonly home = mkdtempSync('/dev/shm/ncolony-bench-');
  readonly announcements = new Announcements(join(this.home, 'announcements'));
  readonly supervisor: S;
  readonly #account = CpuAccount.open();
  readonly #known = new Map<number, string>();
  readonly #descriptors: number;
  #newcomers = 0;

  constructor(peer: Peer<S>) {
    const home = join(this.home, 'home');
    mkdirSync(home);
    this.supervisor = peer.create(home);
    this.#descriptors = peer.descriptors ?? mostDescriptors;
    trials.add(this);
  }

  /** `count`: how many programs it will have to run. */
  start(count: number): void {
    this.supervisor.start([...(this.#account?.words ?? []), ...raising(count, this.#descriptors)]);
  }

  /** Starts it with so many programs that idle; resolves to the seconds to the last process, and from the first to the last. */
  async bringUp(count: number): Promise<{ readonly seconds: number; readonly ofPrograms: number }> {
    for (const program of this.idlers.several(count)) this.supervisor.write(program);
    const begin = uptime();
    this.start(count);
    await this.watch.until(count, patienceMs);
    const { first, last } = this.watch.starts();
    return { seconds: last - begin, ofPrograms: last - first };
  }

  /** A program that announces itself, of a new name. */
  newcomer(): Program {
    const number = this.#newcomers++;
    return this.idlers.announcer(`n${number}`, 900_000 + number, this.announcements.path);
  }

  /** The supervisor's own processes, whatever it calls them. */
  processes(): Processes {
    const { pid } = this.supervisor;
    if (pid === undefined) return new Map();
    const tree = treeOf(pid, (commandLine) => this.idlers.isOne(commandLine));
    for (const [known, startTime] of tree) this.#known.set(known, startTime);
    return tree;
  }

  /** Seconds of CPU time that it has used, with all that it has started and waited for. */
  cpu(): number {
    return this.#account?.seconds() ?? cpuOf(this.processes());
  }

  /** Stops it; resolves to the seconds that it took, and how many processes were left when patience was over. */
  async stop(): Promise<{ readonly seconds: number; readonly left: number }> {
    const own = this.processes();
    // The first one is nearly always the last to go, and is cheap to look at.
    const first = new Map([...own].slice(0, 1));
    const begin = performance.now();
    this.supervisor.stop();
    for (;;) {
      const now = performance.now();
      const isOver = now - begin > patienceMs;
      if (isOver || livingOf(first).length === 0) {
        const left = livingOf(own).length + this.watch.census().size;
        if (isOver || left === 0) return { seconds: (now - begin) / 1000, left };
      }
      await pause(Math.max(4, 3 * (performance.now() - now)));
    }
  }

  /** Ends the supervisor's first process without a warning. */
  kill(): void {
    this.processes();
    endForGood(this.supervisor.pid);
  }

  async end(): Promise<void> {
    // First who would start them again.
    this.kill();
    for (;;) {
      const left = [...livingOf(this.#known), ...[...this.watch.census().values()].flat()];
      if (left.length === 0) break;
      for (const pid of left) endForGood(pid);
      await pause(20);
    }
    this.announcements.close();
    await this.#account?.close();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 3 });
    trials.delete(this);
  }
}

function endForGood(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** What a supervisor has to be run under to have descriptors for so many programs. */
function raising(count: number, each: number): readonly string[] {
  return needed(count, each) <= hardLimit() ? [] : ['prlimit', `--nofile=${raisedLimit}:${raisedLimit}`];
}

/** Why so many programs cannot be run here, if they cannot. */
export function tooMany(count: number, each: number): string | undefined {
  const all = needed(count, each);
  if (all <= hardLimit() || (all <= raisedLimit && process.geteuid?.() === 0)) return undefined;
  return `${count} programs need ${all} descriptors, of which ${hardLimit()} may be had`;
}

const needed = (count: number, each: number) => count * each + ownDescriptors;

const hardLimit = () => Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
