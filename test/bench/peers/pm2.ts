import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, run, type Peer, type Supervisor } from '../peer.js';
import type { Program } from '../programs.js';

// It is no dependency of ours: looked for in PATH, and where `npm i -g pm2 --prefix DIR` put it.
const command = () =>
  commandPath('pm2') ?? commandPath('pm2', [join(process.env['BENCH_PM2'] ?? '/nonexistent', 'bin')]);

export const pm2: Peer = {
  name: 'pm2',
  version: () => {
    const found = command();
    return found === undefined ? undefined : versionBeside(found);
  },
  create: (home) => new Pm2(home, command() ?? 'pm2'),
};

function versionBeside(path: string): string {
  // Asking it would start its daemon.
  const text = readFileSync(join(realpathSync(path), '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

// One whose daemon is gone waits for it for ever.
const clients = new Set<ChildProcess>();
process.once('exit', () => {
  for (const client of clients) client.kill('SIGKILL');
});

/** Its daemon is nobody's child; every command starts one where there is none. */
export class Pm2 implements Supervisor {
  readonly output: string;
  readonly #home: string;
  readonly #command: string;
  readonly #apps: object[] = [];
  #wasStarted = false;

  constructor(home: string, path: string) {
    this.#home = home;
    this.#command = path;
    this.output = join(home, 'output');
    mkdirSync(this.output);
  }

  get pid(): number | undefined {
    try {
      return Number(readFileSync(join(this.#home, 'pm2.pid'), 'utf8'));
    } catch {
      return undefined;
    }
  }

  write(program: Program): void {
    this.#apps.push(this.#app(program));
  }

  /** A second start brings back what ran, as its users do it. */
  start(under: readonly string[]): void {
    if (this.#wasStarted) this.#begin(['resurrect'], under);
    else if (this.#apps.length === 0) this.#begin(['ping'], under);
    else this.#begin(['start', this.#settings('all', this.#apps)], under);
    this.#wasStarted = true;
  }

  stop(): void {
    this.#begin(['kill']);
  }

  add(program: Program): Promise<void> {
    return this.#run(['start', this.#settings(program.name, [this.#app(program)])]);
  }

  remove(name: string): Promise<void> {
    return this.#run(['delete', name]);
  }

  status(name: string): readonly string[] {
    return this.#words(['pid', name]);
  }

  restart(name: string): readonly string[] {
    return this.#words(['restart', name]);
  }

  /** Notes what runs, for a later start. */
  save(): Promise<void> {
    return this.#run(['save']);
  }

  #app({ name, args: [script, ...args] }: Program): object {
    const file = (stream: string) => join(this.output, `${name}.${stream}`);
    const streams = { out_file: file('out'), error_file: file('err') };
    return { name, script, args, interpreter: 'none', exec_mode: 'fork', vizion: false, ...streams };
  }

  #settings(name: string, apps: readonly object[]): string {
    const path = join(this.#home, `${name}.config.json`);
    writeFileSync(path, JSON.stringify({ apps }));
    return path;
  }

  /** Its home as a word: a command that is timed is run without any environment of ours. */
  #words(words: readonly string[]): readonly string[] {
    return ['env', `PM2_HOME=${this.#home}`, this.#command, ...words];
  }

  #begin(words: readonly string[], under: readonly string[] = []): void {
    const [file = '', ...rest] = [...under, ...this.#words(words)];
    const client = spawn(file, rest, { stdio: 'ignore' });
    client.on('error', () => undefined);
    client.unref();
    clients.add(client);
    client.once('exit', () => clients.delete(client));
  }

  #run(words: readonly string[]): Promise<void> {
    return run(this.#words(words));
  }
}
