import type { ProcessEvent } from '../../machines/index.js';
import type { ProcessEntry } from '../os/process-table.js';
import { isAlive, signalProcess } from '../os/signal.js';

/** What is to be ended. */
export interface Ended {
  /** Everything that is left; a zombie only where its end is about to be told. */
  readonly find: () => Promise<readonly ProcessEntry[]>;
  /** Whether it is looked at again (`look`) anyway when this one ends. */
  readonly isAwaited?: (entry: ProcessEntry) => boolean;
  readonly report: (event: ProcessEvent) => void;
}

const firstLookMs = 4;
const lastLookMs = 200;
const repeatKillMs = 5_000;
const stuckAfterMs = 500;
const lingerMs = 250;

/**
 * Ends what `find` finds: each process is sent the stop signal once (to many programs a second one means: at once), and
 * after `kill` SIGKILL every 5 s, until a survey finds nothing. The strangers among our own (nobody's child but init's)
 * send no event when they end, so they are looked at, at growing intervals.
 */
export class Ending {
  readonly #ended: Ended;
  readonly #signalled = new Set<string>();
  #signal: NodeJS.Signals = 'SIGTERM';
  #isReached: (entry: ProcessEntry) => boolean = () => false;
  #left: readonly ProcessEntry[] = [];
  #lookMs = firstLookMs;
  #look: NodeJS.Timeout | undefined;
  #repeat: NodeJS.Timeout | undefined;
  #stuck: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #over = false;
  #reported: string | undefined;

  constructor(ended: Ended) {
    this.#ended = ended;
  }

  /** Sends `signal` to what is left, and looks until nothing is. `isReached`: what was sent it already. */
  begin(signal: NodeJS.Signals, isReached: (entry: ProcessEntry) => boolean = () => false): void {
    if (this.#over) return;
    if (this.#repeat === undefined) this.#signal = signal;
    this.#isReached = isReached;
    this.expect();
    void this.#round();
  }

  /** Sends nothing, but tells who is still there if that lasts. */
  expect(): void {
    this.#linger ??= setTimeout(() => void this.#lookWhoLingers(), lingerMs);
  }

  /** Looks again now: something ended. */
  look(): void {
    void this.#round();
  }

  /** From now on SIGKILL. */
  kill(): void {
    if (this.#over || this.#repeat !== undefined) return;
    this.#signal = 'SIGKILL';
    this.#repeat = setInterval(() => void this.#round(), repeatKillMs);
    this.#stuck = setTimeout(() => this.#reportStuck(), stuckAfterMs);
    void this.#round();
  }

  dispose(): void {
    this.#over = true;
    clearTimeout(this.#look);
    clearInterval(this.#repeat);
    clearTimeout(this.#stuck);
    clearTimeout(this.#linger);
  }

  async #round(): Promise<void> {
    try {
      const left = await this.#ended.find();
      if (this.#over) return;
      this.#left = left;
      if (left.length === 0) {
        this.dispose();
        this.#ended.report({ type: 'process.gone' });
        return;
      }
      for (const entry of left) if (!entry.zombie) this.#end(entry);
      this.#isReached = () => false;
      if (this.#reported !== undefined) this.#reportLingering(livingOf(left));
      this.#lookMs = firstLookMs;
      this.#lookLater();
    } catch {
      // Something could not be read (no descriptors left): that says nothing about what is left, and who is left may not
      // have been sent anything yet.
      if (!this.#over) this.#later(() => void this.#round());
    }
  }

  #end(entry: ProcessEntry): void {
    if (this.#signal === 'SIGKILL') return signalProcess(entry, this.#signal);
    if (this.#signalled.has(keyOf(entry))) return;
    // Where it cannot be told whether it lives (no descriptors left) nothing is sent, and it is tried again.
    if (!this.#isReached(entry)) signalProcess(entry, this.#signal);
    this.#signalled.add(keyOf(entry));
  }

  // Between two surveys only what was found is looked at, and of that only whose end nobody tells; the survey after it sees
  // what was born meanwhile.
  #lookLater(): void {
    clearTimeout(this.#look);
    const isAwaited = this.#ended.isAwaited ?? (() => false);
    const strangers = this.#left.filter((entry) => !isAwaited(entry));
    if (this.#left.length > 0 && strangers.length === 0) return;
    this.#later(() => {
      if (livingOf(strangers).length > 0) this.#lookLater();
      else if (!this.#left.some(isAwaited)) void this.#round();
    });
  }

  /** At growing intervals. */
  #later(action: () => void): void {
    clearTimeout(this.#look);
    this.#look = setTimeout(() => {
      this.#lookMs = Math.min(this.#lookMs * 1.5, lastLookMs);
      action();
    }, this.#lookMs);
  }

  async #lookWhoLingers(): Promise<void> {
    let left: readonly ProcessEntry[];
    try {
      left = this.#left = await this.#ended.find();
    } catch {
      // As in a round: then those of the last look are told.
      left = livingOf(this.#left);
    }
    if (!this.#over) this.#reportLingering(left);
  }

  /** `left`: who was there a moment ago. */
  #reportLingering(left: readonly ProcessEntry[]): void {
    const pids = left.filter(({ zombie }) => !zombie).map(({ pid }) => pid);
    if (pids.join() === this.#reported) return;
    this.#reported = pids.join();
    if (pids.length > 0) this.#ended.report({ type: 'process.lingering', pids });
  }

  #reportStuck(): void {
    const pids = livingOf(this.#left).map(({ pid }) => pid);
    if (pids.length > 0) this.#ended.report({ type: 'process.stuck', pids });
  }
}

const keyOf = (entry: ProcessEntry) => `${entry.pid}@${entry.startTime}`;

/** Where that cannot be told (no descriptors left), all. */
function livingOf(entries: readonly ProcessEntry[]): readonly ProcessEntry[] {
  try {
    return entries.filter(isAlive);
  } catch {
    return entries;
  }
}
