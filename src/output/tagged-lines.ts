import type { Readable } from 'node:stream';
import type { Log } from '../log.js';
import { Drain } from './drain.js';
import { LineSplitter } from './line-splitter.js';
import type { Outputs, StreamName } from './outputs.js';

/** Every line of every program into the monitor's own log, with the program's name and the stream on each record. */
export class TaggedLines implements Outputs {
  readonly #log: Log;
  readonly #drain = new Drain();
  readonly #waiting = new Set<Readable>();

  constructor(log: Log) {
    this.#log = log;
    log.onDrain(() => this.#resume());
  }

  connect(name: string, stream: StreamName, source: Readable): void {
    // Whatever the level of the log is: what a program says is never dropped.
    const record = this.#log.logger.child({ name, stream }, { level: 'trace' });
    // A splitter for each stream: halves of lines of two streams are never glued together.
    const lines = new LineSplitter((line) => record.info(line));
    source.on('data', (chunk: Buffer) => {
      lines.push(chunk);
      // The pipe fills up, and then the program waits: memory is bounded by what was read.
      if (this.#log.isFull()) this.#waiting.add(source.pause());
    });
    source.once('close', () => lines.end());
    this.#drain.add(source);
  }

  finish(deadline: number): Promise<void> {
    return this.#drain.finish(deadline);
  }

  reopen(): void {
    // The log is the monitor's, and is reopened by it.
  }

  #resume(): void {
    for (const source of this.#waiting) source.resume();
    this.#waiting.clear();
  }
}
