import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Record {
  readonly url?: string;
  readonly type?: string;
  readonly name?: string;
  readonly pid?: number;
}

/** A monitor that is measured: the built command on a colony of its own, on tmpfs where there is one. */
export class MonitorUnderTest {
  readonly config: string;
  readonly messages: string;
  readonly #home: string;
  readonly #waiting = new Set<(record: Record) => void>();
  #child: ChildProcess | undefined;

  constructor() {
    this.#home = mkdtempSync('/dev/shm/ncolony-bench-');
    this.config = join(this.#home, 'conf');
    this.messages = join(this.#home, 'messages');
    mkdirSync(this.config);
    mkdirSync(this.messages);
  }

  write(name: string, args: readonly string[]): void {
    const temporary = join(this.config, `${name}.new`);
    writeFileSync(temporary, JSON.stringify({ args }));
    renameSync(temporary, join(this.config, name));
  }

  start(...options: readonly string[]): void {
    const words = ['dist/src/cli.js', 'monitor', '--config', this.config, '--messages', this.messages, ...options];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const record = JSON.parse(line) as Record;
      for (const listener of this.#waiting) listener(record);
    });
    this.#child = child;
  }

  /** Resolves with the last of `count` such facts from now on. */
  facts(type: string, count = 1, name?: string): Promise<Record> {
    return new Promise((resolve) => {
      let missing = count;
      const listener = (record: Record) => {
        if (record.type !== type || (name !== undefined && record.name !== name)) return;
        missing -= 1;
        if (missing > 0) return;
        this.#waiting.delete(listener);
        resolve(record);
      };
      this.#waiting.add(listener);
    });
  }

  /** Resolves with where it can be looked at, when it has been started with `--http`. */
  address(): Promise<string> {
    return new Promise((resolve) => {
      const listener = ({ url }: Record) => {
        if (url === undefined) return;
        this.#waiting.delete(listener);
        resolve(url);
      };
      this.#waiting.add(listener);
    });
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Its share of memory, in KB. */
  get pss(): number {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${this.pid}/smaps_rollup`, 'utf8'))?.[1]);
  }

  /** The CPU time that it used, in seconds. */
  get cpu(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Seconds from SIGTERM to its end. */
  async stop(): Promise<number> {
    const begin = performance.now();
    const ended = once(this.#child ?? process, 'exit');
    this.#child?.kill('SIGTERM');
    await ended;
    return (performance.now() - begin) / 1000;
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
