import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { logName, type LogRow } from '../protocol/log-names.js';
import type { LogLimits, LogManner } from '../protocol/log-settings.js';
import { Compression } from './compression.js';
import { Drain } from './drain.js';
import { FullFiles } from './full-files.js';
import { LogFile } from './log-file.js';
import { placeOf, type Outputs, type StreamName } from './outputs.js';
import { WholeLines } from './whole-lines.js';

/** Every program's output into a file of its own, `NAME.log`, byte for byte, both streams in turn of whole lines. */
export class LogFiles implements Outputs {
  readonly #directory: string;
  readonly #limits: LogLimits;
  readonly #warn: (problem: string) => void;
  readonly #drain = new Drain();
  readonly #files = new Map<string, LogFile>();
  readonly #compression: Compression;
  readonly #full: FullFiles;

  /** `warn`: told once when a file cannot be written, and once when it can be again. */
  constructor(directory: string, limits: LogLimits, warn: (problem: string) => void) {
    this.#directory = directory;
    this.#limits = limits;
    this.#warn = warn;
    this.#compression = new Compression(warn);
    this.#full = new FullFiles(directory, this.#compression);
  }

  handOver(name: string, stream: StreamName, manner: LogManner): number | undefined {
    const place = placeOf(stream, manner);
    if (place === 'none') return openSync('/dev/null', 'w');
    if (place === 'file') return undefined;
    const path = this.#pathOf(name, stream, manner);
    try {
      return new LogFile(path, { ...this.#limits, ...manner.limits }, this.#full, this.#warn).openForProcess();
    } catch {
      // Through a pipe it is told what is wrong, and the output comes when the place is back.
      return undefined;
    }
  }

  connect(name: string, stream: StreamName, source: Readable, manner: LogManner): void {
    this.#drain.add(source);
    const place = placeOf(stream, manner);
    if (place === 'none') {
      source.resume();
      return;
    }
    const path = this.#pathOf(name, stream, manner);
    const limits = { ...this.#limits, ...manner.limits };
    const file = this.#files.get(path) ?? new LogFile(path, limits, this.#full, this.#warn);
    this.#files.set(path, file);
    // What a process writes itself cannot be put away while it does.
    file.limits = place === 'direct' ? { ...limits, size: 0, age: 0, total: 0 } : limits;
    file.users++;
    const lines = new WholeLines((bytes) => file.write(bytes, lines));
    source.on('data', (chunk: Buffer) => lines.push(chunk));
    source.once('close', () => {
      lines.end();
      file.users--;
      if (file.users > 0) return;
      file.close();
      this.#files.delete(path);
    });
  }

  async finish(deadline: number): Promise<void> {
    await this.#drain.finish(deadline);
    await this.#compression.close();
  }

  reopen(): void {
    for (const file of this.#files.values()) file.close();
  }

  #pathOf(name: string, stream: StreamName, manner: LogManner): string {
    const row: LogRow = stream === 'stderr' && manner.stderr === 'own' ? 'stderr' : 'output';
    return join(this.#directory, logName(name, row));
  }
}
