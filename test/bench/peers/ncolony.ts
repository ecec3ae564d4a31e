import { readFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Foreground, type Peer } from '../peer.js';
import type { Program } from '../programs.js';

const built = resolve('dist/src/cli.js');

export interface MonitorWords {
  /** Output into a file for each program, instead of line by line into the monitor's own log. */
  readonly logs?: boolean;
  /** … which each program writes itself. */
  readonly direct?: boolean;
  readonly options?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** The monitor as it was built. */
export function ncolony(kind: 'native' | 'node', words: MonitorWords = {}): Peer<NColony> {
  return {
    name: `ncolony ${kind}`,
    ...(words.direct === true && { descriptors: 1 }),
    version: () => (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version,
    create: (home) => new NColony(home, kind, words),
  };
}

export class NColony extends Foreground {
  readonly messages: string;
  readonly log: string;
  readonly output: string;
  readonly #config: string;
  readonly #kind: string;
  readonly #words: MonitorWords;

  constructor(home: string, kind: string, words: MonitorWords) {
    super(home);
    this.#config = join(home, 'conf');
    this.messages = join(home, 'messages');
    this.log = join(home, 'monitor.log');
    this.output = words.logs === true ? join(home, 'logs') : this.log;
    this.#kind = kind;
    this.#words = words;
    for (const directory of [this.#config, this.messages]) mkdirSync(directory);
    if (words.logs === true) mkdirSync(this.output);
  }

  protected command(): readonly string[] {
    const words = [process.execPath, built, 'monitor', ...this.#places(), '--logfile', this.log, '--spawn', this.#kind];
    if (this.#words.logs === true) words.push('--logs', this.output);
    return [...words, ...(this.#words.options ?? [])];
  }

  protected override environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.#words.environment };
  }

  write({ name, args }: Program): void {
    this.#put(this.#config, name, { args, ...(this.#words.direct === true && { 'ncolony.log': { to: 'direct' } }) });
  }

  add(program: Program): void {
    this.write(program);
  }

  remove(name: string): void {
    rmSync(join(this.#config, name));
  }

  /** Leaves a message as any script would. */
  send(id: string, message: unknown): void {
    this.#put(this.messages, id, message);
  }

  status(name: string): readonly string[] {
    return this.#ctl('status', name);
  }

  restart(name: string): readonly string[] {
    return this.#ctl('restart', name);
  }

  #ctl(...words: readonly string[]): readonly string[] {
    return [process.execPath, built, 'ctl', ...this.#places(), ...words];
  }

  #places(): readonly string[] {
    return ['--config', this.#config, '--messages', this.messages];
  }

  #put(directory: string, name: string, content: unknown): void {
    const temporary = join(directory, `${name}.new`);
    writeFileSync(temporary, JSON.stringify(content));
    renameSync(temporary, join(directory, name));
  }
}
