import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Colony } from '../blackbox/colony.js';
import { command } from '../blackbox/command.js';

/** A monitor whose standard output is read only when a test reads it. */
export class UnreadMonitor {
  readonly stdout: Readable;
  readonly pid: number;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(colony: Colony, options: readonly string[] = []) {
    const places = ['--config', colony.config, '--messages', colony.messages, '--pid', colony.pids];
    const child = spawn(process.execPath, [command, 'monitor', ...places, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.stdout = child.stdout;
    this.pid = child.pid ?? 0;
    this.ended = once(child, 'exit').then(([code]: unknown[]) => code as number | null);
    colony.endsBy(() => {
      child.kill('SIGKILL');
      return this.ended;
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What programs said on their standard output, line by line, from now on: name and line. */
  async *said(): AsyncGenerator<readonly [name: string, line: string]> {
    let rest = '';
    for await (const chunk of this.stdout.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.includes('"stream":"stdout"')) continue;
        const { name, msg } = JSON.parse(line) as { name: string; msg: string };
        yield [name, msg];
      }
    }
  }

  async *saidBy(program: string): AsyncGenerator<string> {
    for await (const [name, line] of this.said()) if (name === program) yield line;
  }

  /** The most memory that it ever had, in MiB. */
  get peak(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }
}
