import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../../machines/index.js';
import { CarefulWriter } from '../os/careful-writer.js';
import { writeFileAtomically } from '../protocol/atomic-file.js';
import {
  historyFileOf,
  historyLine,
  monitorHistory,
  newestHalf,
  programOfHistory,
  type MonitorEvent,
  type ProgramEvent,
} from '../protocol/history-file.js';
import { inRuntimeDirectory } from '../protocol/runtime-directory.js';
import { settle } from './settle.js';
import { SpareTime, type SliceResult } from './spare-time.js';

export interface HistoryHost {
  /** Whether there is a program of that name; of others only the newest histories are kept. */
  readonly isProgram: (name: string) => boolean;
  /** This monitor. */
  readonly monitor: { readonly pid: number; readonly since: string };
  readonly warn: (problem: string) => void;
}

/** A file that would become larger keeps its newest half. */
const mostBytes = 64 * 1024;
/** How many lines of a program wait for a disk that cannot be written. */
const mostOwed = 100;

// A start is several lines of one file, which come within this time.
const coalesceMs = 100;

/** The histories of removed programs: so many, so long. */
const keptRemoved = 100;
const keptRemovedMs = 7 * 24 * 3_600_000;
const tidyMs = 3_600_000;
const tidySliceMs = 8;
// Before that it is not sure that all files were seen.
const firstTidyMs = 60_000;

/** An event, and when it was (ms since 1970). */
interface Owed {
  readonly at: number;
  readonly event: (ProgramEvent | MonitorEvent) & { readonly lived?: number };
}

/** Appends to `history/NAME.jsonl` what happens to a program, and to the monitor's own what happens to all of them. */
export class HistoryWriter {
  readonly #directory: string;
  readonly #host: HistoryHost;
  readonly #writer: CarefulWriter;
  /** What is to be written, by the name of the file. It becomes lines then: a crowd that starts needs the time itself. */
  readonly #owed = new Map<string, Owed[]>();
  /** Files that this monitor has written to, so that they end with a whole line. */
  readonly #whole = new Set<string>();
  /** When the present processes were started, monotonic ms. */
  readonly #startedAt = new Map<string, number>();
  readonly #lostDirectories = new Set<string>();
  #removals = 0;
  #nextTidy = performance.now() + firstTidyMs;
  readonly #spareTime = new SpareTime(coalesceMs, (budgetMs) => this.#flush(budgetMs));

  constructor(directory: string, host: HistoryHost) {
    this.#directory = directory;
    this.#host = host;
    this.#writer = new CarefulWriter(directory, host.warn);
    this.#noteMonitor({ type: 'monitor.started', ...host.monitor });
  }

  observe(fact: Fact): void {
    switch (fact.type) {
      case 'supervisor.rescanned':
        break;
      case 'directory.lost':
      case 'directory.found':
      case 'supervisor.gave-up':
      case 'supervisor.stopping':
      case 'supervisor.stopped':
        if (fact.type === 'directory.lost') this.#lostDirectories.add(fact.path);
        if (fact.type === 'directory.found') this.#lostDirectories.delete(fact.path);
        this.#noteMonitor(fact);
        break;
      case 'directory.unwatched':
        break;
      case 'config.added':
        for (const name of fact.names) this.#note(name, { type: fact.type });
        break;
      case 'message.judged':
        this.#noteMessage(fact);
        break;
      default: {
        const { name, ...event } = fact;
        if (fact.type === 'config.removed') this.#removals++;
        this.#note(name, event, this.#livedOf(fact));
      }
    }
  }

  /** Makes good what was lost with the directory, and takes away the histories of programs that were removed long ago. */
  check(): void {
    if (this.#writer.isElsewhere()) {
      this.#whole.clear();
      this.#noteMonitor({ type: 'monitor.started', ...this.#host.monitor });
    }
    const isDue = this.#removals > keptRemoved || performance.now() >= this.#nextTidy;
    if (isDue && this.#lostDirectories.size === 0) this.#tidy();
  }

  /** Writes what is still to be written. */
  close(): void {
    this.#spareTime.finish();
  }

  #livedOf(fact: Fact): number | undefined {
    if (fact.type === 'program.started') this.#startedAt.set(fact.name, performance.now());
    if (fact.type !== 'program.died' && fact.type !== 'program.failed') return undefined;
    const startedAt = this.#startedAt.get(fact.name);
    this.#startedAt.delete(fact.name);
    return startedAt === undefined ? undefined : Math.round(performance.now() - startedAt);
  }

  // What names no program that there is would fill the disk with files.
  #noteMessage({ id, message, outcome }: Extract<Fact, { readonly type: 'message.judged' }>): void {
    const error = outcome.kind === 'obeyed' ? null : outcome.error;
    const named = 'name' in message && message.name !== undefined ? [message.name] : [];
    const names = outcome.kind === 'obeyed' ? outcome.names : named.filter((name) => this.#host.isProgram(name));
    const asked = 'signal' in message ? message.signal : (message.type ?? 'unknown');
    for (const name of names) this.#note(name, { type: 'message.judged', id, asked, error });
  }

  #note(name: string, event: ProgramEvent, lived?: number): void {
    this.#owe(historyFileOf(name), { ...event, ...(lived !== undefined && { lived }) });
  }

  #noteMonitor(event: MonitorEvent): void {
    this.#owe(monitorHistory, event);
  }

  #owe(file: string, event: Owed['event']): void {
    const at = Date.now();
    const owed = this.#owed.get(file) ?? [];
    owed.push({ at, event });
    if (owed.length > mostOwed) owed.splice(0, 2, { at, event: { type: 'history.gap' } });
    this.#owed.set(file, owed);
    this.#spareTime.claim();
  }

  #flush(budgetMs: number): SliceResult {
    if (this.#owed.size === 0) return 'done';
    const isDone = this.#writer.attempt(() =>
      inRuntimeDirectory(this.#directory, (directory) => this.#writeOwed(directory, performance.now() + budgetMs)),
    );
    if (!isDone) return 'failed';
    return this.#owed.size > 0 ? 'more' : 'done';
  }

  #writeOwed(directory: string, end: number): void {
    for (const [file, owed] of this.#owed) {
      settle(this.#owed, file, owed, () => this.#append(directory, file, owed.map(lineOf).join('')));
      if (performance.now() > end) return;
    }
  }

  #append(directory: string, file: string, lines: string): void {
    const path = join(directory, file);
    const isWhole = this.#whole.delete(file);
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      const { size } = fstatSync(descriptor);
      // A monitor that was killed in the middle of a line has left it torn.
      const bytes = Buffer.from(size === 0 || isWhole ? lines : `\n${lines}`);
      if (size + bytes.length > mostBytes) {
        writeFileAtomically(path, newestHalf(`${readFileSync(path, 'utf8')}\n${lines}`));
      } else if (writeSync(descriptor, bytes) < bytes.length) {
        ftruncateSync(descriptor, size);
        throw new Error('ENOSPC: no space left on device, write');
      }
      this.#whole.add(file);
    } finally {
      closeSync(descriptor);
    }
  }

  #tidy(): void {
    const end = performance.now() + tidySliceMs;
    this.#writer.attempt(() =>
      inRuntimeDirectory(this.#directory, (directory) => {
        for (const { file, path } of this.#outlived(directory)) {
          // The rest at the next check.
          if (performance.now() > end) return;
          rmSync(path, { force: true });
          this.#whole.delete(file);
        }
        this.#removals = 0;
        this.#nextTidy = performance.now() + tidyMs;
      }),
    );
  }

  /** The histories of removed programs that are too many or too old. */
  #outlived(directory: string): { readonly file: string; readonly path: string }[] {
    const oldest = Date.now() - keptRemovedMs;
    return readdirSync(directory)
      .filter((file) => {
        const name = programOfHistory(file);
        return name !== undefined && !this.#host.isProgram(name);
      })
      .map((file) => ({ file, path: join(directory, file) }))
      .map(({ file, path }) => ({ file, path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => b.at - a.at)
      .filter(({ at }, index) => index >= keptRemoved || at < oldest);
  }
}

const lineOf = ({ at, event }: Owed) => historyLine({ version: 1, at: new Date(at).toISOString(), ...event });
