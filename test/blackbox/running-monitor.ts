import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../../machines/index.js';
import { command } from './command.js';

/** A line of the monitor's log. */
export type LogRecord = { readonly time: number; readonly level: number; readonly msg: string } & Readonly<
  Record<string, unknown>
>;

/** A fact as it stands in the log; `time` is milliseconds of the wall clock. */
export type Told<T extends Fact['type']> = Extract<Fact, { readonly type: T }> & LogRecord;

/** Keys that have to be equal. */
type Like = Readonly<Record<string, unknown>>;

interface Listener {
  readonly hear: (record: LogRecord) => void;
  readonly giveUp: (why: string) => void;
}

const patience = 10_000;

/** The built command at work as a monitor. Its log is JSON, in which every fact is a line, and nothing heard is forgotten. */
export class RunningMonitor {
  /** All that was logged so far. */
  readonly records: LogRecord[] = [];
  readonly pid: number;
  /** Resolves when the process has ended and all of its output was read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** What was written to standard error. */
  stderr = '';
  readonly #child: ChildProcess;
  readonly #listeners = new Set<Listener>();

  /** `under`: the words of a command that runs it, such as `prlimit --nofile=64`. */
  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = process.env, under: readonly string[] = []) {
    const [file = '', ...words] = [...under, process.execPath, command, 'monitor', ...args];
    const child = spawn(file, words, {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(JSON.parse(line) as LogRecord));
    this.ended = once(child, 'close').then(([code, signal]: unknown[]) => {
      for (const { giveUp } of this.#listeners) giveUp(`the monitor ended (${String(code ?? signal)})`);
      return { code: code as number | null, signal: signal as string | null };
    });
  }

  /** Resolves when it has begun to work. */
  async begun(): Promise<this> {
    await this.record((record) => record.msg.startsWith('ncolony '), 'that it has begun');
    return this;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Where the log ends now: what comes later is `after` it. */
  get now(): number {
    return this.records.length;
  }

  /** The first fact of this type, told already or yet to come, that has these values. */
  async fact<T extends Fact['type']>(type: T, like: Like = {}, after = 0): Promise<Told<T>> {
    const sought = { type, ...like };
    return (await this.record((record) => isLike(record, sought), JSON.stringify(sought), after)) as Told<T>;
  }

  /** Resolves when so many facts of this type have been told. */
  async count(type: Fact['type'], expected: number): Promise<void> {
    let count = 0;
    const isLast = (record: LogRecord) => record['type'] === type && ++count === expected;
    await this.record(isLast, `${expected} times ${type}`, 0, 6 * patience);
  }

  /** All facts of this type so far that have these values. */
  facts<T extends Fact['type']>(type: T, like: Like = {}, after = 0): Told<T>[] {
    const sought = { type, ...like };
    return this.records.slice(after).filter((record) => isLike(record, sought)) as Told<T>[];
  }

  /** The first line that a program said, said already or yet to come, that is this or matches it. */
  said(name: string, text: string | RegExp, after = 0): Promise<LogRecord> {
    const matches = (line: string) => (typeof text === 'string' ? line === text : text.test(line));
    return this.record(
      (record) => record['name'] === name && record['stream'] !== undefined && matches(record.msg),
      `${name} saying ${String(text)}`,
      after,
    );
  }

  /** Everything that a program said so far, line by line. */
  saidBy(name: string, stream?: 'stdout' | 'stderr'): string[] {
    return this.records
      .filter((record) => record['name'] === name && record['stream'] !== undefined)
      .filter((record) => stream === undefined || record['stream'] === stream)
      .map((record) => record.msg);
  }

  /** The end of the log, for people. */
  lastWords(): string {
    const lines = this.records.slice(-15).map((record) => `  ${record.msg}\n`);
    return `${this.stderr}\nThe log ends:\n${lines.join('')}`;
  }

  record(matches: (record: LogRecord) => boolean, what: string, after = 0, timeout = patience): Promise<LogRecord> {
    const known = this.records.slice(after).find(matches);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
      };
      const listener: Listener = {
        hear: (record) => {
          if (!matches(record)) return;
          end();
          resolve(record);
        },
        giveUp: (why) => {
          end();
          reject(new Error(`waited for ${what}, but ${why}\n${this.lastWords()}`));
        },
      };
      const timer = setTimeout(() => listener.giveUp('it did not come'), timeout);
      this.#listeners.add(listener);
      if (this.hasEnded) void this.ended.then(() => listener.giveUp('the monitor has ended'));
    });
  }

  #hear(record: LogRecord): void {
    this.records.push(record);
    for (const { hear } of this.#listeners) hear(record);
  }
}

function isLike(record: LogRecord, like: Like): boolean {
  return Object.entries(like).every(([key, value]) => isDeepStrictEqual(record[key], value));
}
