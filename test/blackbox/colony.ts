import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as base, vi } from 'vitest';
import type { ProgramStatusFile } from '../../src/protocol/status-file.js';
import { colonyOf, endForGood, processesWith, type SeenProcess } from '../processes.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { ncolony, type Result } from './command.js';
import { RunningMonitor } from './running-monitor.js';

/** Options by which lives are short enough for a test; a later option wins. */
const quick = ['-t', '0.1', '-k', '1', '-m', '0.1', '-M', '1'];

/** A colony of its own for one test: its directories, its monitors, and an eye on its processes. */
export class Colony {
  readonly #home = temporaryDirectory();
  readonly root = this.#home.path;
  readonly config = join(this.root, 'conf');
  readonly messages = join(this.root, 'messages');
  readonly pids = join(this.root, 'pid');
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #monitors: RunningMonitor[] = [];
  readonly #identities: string[] = [];
  #messagesSent = 0;

  constructor() {
    for (const path of [this.config, this.messages, this.pids]) mkdirSync(path);
    this.#identities.push(colonyOf(this.messages));
  }

  // --- the monitor

  /** Starts a monitor without waiting for anything; `under`: the words of a command that runs it. */
  launch(
    options: readonly string[] = [],
    environment?: NodeJS.ProcessEnv,
    under: readonly string[] = [],
  ): RunningMonitor {
    const places = ['--config', this.config, '--messages', this.messages, '--pid', this.pids];
    const monitor = new RunningMonitor([...places, '--log-level', 'debug', ...options], environment, under);
    this.#monitors.push(monitor);
    return monitor;
  }

  /** Starts a monitor with quick timings, and waits until it is at work. */
  monitor(...options: string[]): Promise<RunningMonitor> {
    return this.launch([...quick, ...options]).begun();
  }

  /** The same, with a monitor that another command runs. */
  monitorUnder(under: readonly string[], options: readonly string[] = []): Promise<RunningMonitor> {
    return this.launch([...quick, ...options], undefined, under).begun();
  }

  /** Stops a monitor; it has to leave nothing. Resolves to the milliseconds that this took. */
  async stop(monitor: RunningMonitor, signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    const begin = performance.now();
    monitor.kill(signal);
    const end = await monitor.ended;
    const duration = performance.now() - begin;
    if (end.code !== 0 || monitor.stderr !== '') throw new Error(`stopped badly: ${monitor.lastWords()}`);
    expect(this.processes()).toEqual([]);
    expect(this.pidFiles()).toEqual([]);
    return duration;
  }

  // --- files

  /** Puts a program's file into place at once, as the documentation asks of writers. */
  write(name: string, content: unknown): void {
    put(this.config, name, textOf(content));
  }

  remove(name: string): void {
    rmSync(join(this.config, name));
  }

  /** Leaves a message as NColony's own ctl does; returns its id. */
  send(message: unknown, id = `${String(this.#messagesSent).padStart(3, '0')}Message.1234`): string {
    this.#messagesSent++;
    put(this.messages, id, textOf(message));
    return id;
  }

  /** Resolves when the monitor has seen every file that was written before this call. */
  async settled(monitor: RunningMonitor): Promise<void> {
    const id = this.send({ type: 'RESTART-GROUP', group: 'nobody' });
    await monitor.fact('message.judged', { id });
  }

  /** Runs a subcommand of `ncolony ctl`. */
  ctl(...words: string[]): Promise<Result> {
    return ncolony(['ctl', '--messages', this.messages, '--config', this.config, ...words]);
  }

  // --- what is there

  /** What the monitor wrote of a program last; `undefined` when there is nothing. */
  status(name: string): ProgramStatusFile | undefined {
    const path = join(this.messages, '.ncolony', 'status', `${name}.json`);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ProgramStatusFile) : undefined;
  }

  /** Resolves when the status of a program has these values. */
  async statusLike(name: string, like: Partial<ProgramStatusFile>): Promise<ProgramStatusFile> {
    await vi.waitFor(() => expect(this.status(name)).toMatchObject(like), { interval: 5, timeout: 5_000 });
    return this.status(name)!;
  }

  pidFiles(): string[] {
    return readdirSync(this.pids);
  }

  /** Resolves when the pid file of a program holds this pid. */
  async pidFileOf(name: string, pid: number): Promise<void> {
    const read = () => readFileSync(join(this.pids, name), 'utf8');
    await vi.waitFor(() => expect(read()).toBe(`${pid}\n`), { interval: 5, timeout: 5_000 });
  }

  /** The colony's processes, of all programs or of one, told by their environment. */
  processes(name?: string): SeenProcess[] {
    return this.#identities
      .flatMap((identity) => processesWith('NCOLONY_COLONY', identity))
      .filter((seen) => name === undefined || seen.environment['NCOLONY_NAME'] === name);
  }

  // --- the end

  /** Stops the monitors that still run; nothing may be left. */
  async stopAll(): Promise<void> {
    for (const monitor of this.#monitors) if (!monitor.hasEnded) await this.stop(monitor);
  }

  /** What else runs on the colony, and how it is ended in the end. */
  endsBy(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  /** Ends whatever is left, however the test ended. */
  async cleanUp(): Promise<void> {
    const running = this.#monitors.filter((monitor) => !monitor.hasEnded);
    for (const monitor of running) monitor.kill('SIGKILL');
    await Promise.all([...running.map((monitor) => monitor.ended), ...this.#ends.map((end) => end())]);
    for (const { pid } of this.processes()) endForGood(pid);
    this.#home.remove();
  }
}

function put(directory: string, name: string, text: string): void {
  const temporary = join(directory, `${name}.new`);
  writeFileSync(temporary, text);
  renameSync(temporary, join(directory, name));
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** A test with a colony, of which nothing may be left when it ends, and nothing is when it fails. */
export const test = base.extend<{ colony: Colony }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the dependencies of a fixture from its pattern
  colony: async ({}, use) => {
    const colony = new Colony();
    try {
      await use(colony);
      await colony.stopAll();
    } finally {
      await colony.cleanUp();
    }
  },
});
