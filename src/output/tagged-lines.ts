import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { Drain } from './drain.js';
import { LineSplitter } from './line-splitter.js';
import type { Outputs, StreamName } from './outputs.js';

/** Every line of every program into the monitor's own log, with the program's name and the stream on each record. */
export class TaggedLines implements Outputs {
  readonly #log: Logger;
  readonly #drain = new Drain();

  /** `log`: its level does not matter; what a program says is never dropped. */
  constructor(log: Logger) {
    this.#log = log.child({}, { level: 'trace' });
  }

  connect(name: string, stream: StreamName, source: Readable): void {
    // A splitter for each stream: halves of lines of two streams are never glued together.
    const lines = new LineSplitter((line) => this.#log.info({ name, stream }, line));
    source.on('data', (chunk: Buffer) => lines.push(chunk));
    source.once('close', () => lines.end());
    this.#drain.add(source);
  }

  finish(deadline: number): Promise<void> {
    return this.#drain.finish(deadline);
  }

  reopen(): void {
    // The log is the monitor's, and is reopened by it.
  }
}
