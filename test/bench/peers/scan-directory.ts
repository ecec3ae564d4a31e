import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Foreground, quoted } from '../peer.js';
import type { Program } from '../programs.js';

/** What s6 and runit have in common: a directory with a directory for each program, and in it a script that runs it. */
export abstract class ScanDirectory extends Foreground {
  protected readonly logs: string;
  protected readonly scanned: string;
  readonly #aside: string;

  constructor(home: string) {
    super(home);
    this.scanned = join(home, 'scan');
    this.#aside = join(home, 'aside');
    this.logs = join(home, 'logs');
    for (const path of [this.scanned, this.#aside, this.logs]) mkdirSync(path);
  }

  /** The words of the program that keeps the output of another, if there is to be one. */
  protected abstract logger(directory: string): readonly string[] | undefined;

  write({ name, args }: Program): void {
    const aside = join(this.#aside, name);
    script(aside, args);
    const logs = join(this.logs, name);
    const logger = this.logger(logs);
    if (logger !== undefined) {
      mkdirSync(logs);
      script(join(aside, 'log'), logger);
    }
    renameSync(aside, this.directoryOf(name));
  }

  /** Without loggers it goes where the supervisor's own goes. */
  get output(): string | undefined {
    return this.logger('') === undefined ? undefined : this.logs;
  }

  protected directoryOf(name: string): string {
    return join(this.scanned, name);
  }

  protected takeAway(name: string): void {
    renameSync(this.directoryOf(name), join(this.#aside, name));
  }
}

function script(directory: string, words: readonly string[]): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'run'), `#!/bin/sh\nexec ${quoted(words)}\n`, { mode: 0o755 });
}
