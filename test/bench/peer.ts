import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Program } from './programs.js';

/** A supervisor that can be measured. */
export interface Peer<S extends Supervisor = Supervisor> {
  readonly name: string;
  /** The most programs that it can have at once. */
  readonly most?: number;
  /** The descriptors that it needs for a program, at most; default 3. */
  readonly descriptors?: number;
  /** `undefined`: it is not installed. */
  readonly version: () => string | undefined;
  /** One that does not run yet; `home` is an empty directory. */
  readonly create: (home: string) => S;
}

/** A peer at work on a home of its own. What it cannot do it does not have. */
export interface Supervisor {
  /** Its own process, or the first of its own; `undefined` while there is none. */
  readonly pid: number | undefined;
  /** The directory or file that the output of programs goes to. */
  readonly output?: string | undefined;
  /** Puts a program into place, which is run when this is started. */
  write(program: Program): void;
  /** Returns at once; `under`: the words of a command that runs it. */
  start(under: readonly string[]): void;
  /** Asks for everything to be stopped, and returns at once. */
  stop(): void;
  /** Asks for one more program, as its users would; resolves when the asking is done. */
  add?(program: Program): Promise<void> | void;
  remove?(name: string): Promise<void> | void;
  /** A command that asks for the state of a program, and one that restarts it. */
  status?(name: string): readonly string[];
  restart?(name: string): readonly string[];
}

/** One that runs in the foreground, as a child of ours. */
export abstract class Foreground implements Supervisor {
  protected readonly home: string;
  #child: ChildProcess | undefined;

  constructor(home: string) {
    this.home = home;
  }

  protected abstract command(): readonly string[];
  abstract write(program: Program): void;

  protected environment(): NodeJS.ProcessEnv {
    return process.env;
  }

  protected get child(): ChildProcess | undefined {
    return this.#child;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(under: readonly string[]): void {
    const [file = '', ...words] = [...under, ...this.command()];
    this.#child = spawn(file, words, {
      cwd: this.home,
      env: this.environment(),
      stdio: ['pipe', 'ignore', process.env['BENCH_STDERR'] === undefined ? 'ignore' : 'inherit'],
    });
    this.#child.on('error', () => undefined);
  }

  stop(): void {
    this.#child?.kill('SIGTERM');
  }
}

/** The path of a command, or `undefined`. */
export function commandPath(name: string, directories = (process.env['PATH'] ?? '').split(delimiter)) {
  return directories
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Runs a command to its end; rejects when it fails. */
export async function run([file = '', ...words]: readonly string[]): Promise<void> {
  await promisify(execFile)(file, words);
}

/** Words as a shell takes them. */
export const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
