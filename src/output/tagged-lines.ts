import type { Readable } from 'node:stream';
import type { Log } from '../log.js';
import { Drain } from './drain.js';
import { LineSplitter } from './line-splitter.js';
import type { Outputs, StreamName } from './outputs.js';

// A byte can become a record of some hundred: a chunk of empty lines must not be more than the log keeps.
const pieceBytes = 4 * 1024;
// While the log's reader stands still, each life of a program leaves two streams, and descriptors are few.
const mostWaitingOfOne = 32;

/** Every line of every program into the monitor's own log, with the program's name and the stream on each record. */
export class TaggedLines implements Outputs {
  readonly #log: Log;
  readonly #drain = new Drain();
  /** In the order of their beginning. */
  readonly #open = new Set<TaggedStream>();
  readonly #waiting = new Set<TaggedStream>();

  constructor(log: Log) {
    this.#log = log;
    log.onDrain(() => this.#resume());
  }

  connect(name: string, stream: StreamName, source: Readable): void {
    // Whatever the level of the log is: what a program says is never dropped.
    const record = this.#log.logger.child({ name, stream }, { level: 'trace' });
    // A splitter for each stream: halves of lines of two streams are never glued together.
    const lines = new LineSplitter((line) => record.info(line));
    const tagged = new TaggedStream(name, source, lines, () => this.#log.isFull());
    this.#open.add(tagged);
    source.on('data', (chunk: Buffer) => {
      if (tagged.take(chunk)) return;
      this.#waiting.add(tagged);
      this.#limit(name);
    });
    source.once('close', () => {
      this.#open.delete(tagged);
      this.#waiting.delete(tagged);
      tagged.end();
    });
    this.#drain.add(source);
  }

  finish(deadline: number): Promise<void> {
    return this.#drain.finish(deadline);
  }

  reopen(): void {
    // The log is the monitor's, and is reopened by it.
  }

  #limit(name: string): void {
    const ofOne = [...this.#open].filter((tagged) => tagged.name === name && this.#waiting.has(tagged));
    if (ofOne.length <= mostWaitingOfOne) return;
    this.#log.logger.warn({ name }, `${name}: the log is not read, the last words of an earlier process are lost`);
    ofOne[0]?.close();
  }

  #resume(): void {
    for (const tagged of this.#waiting) {
      if (this.#log.isFull()) return;
      // Those who still wait go to the end of the row.
      this.#waiting.delete(tagged);
      if (!tagged.resume()) this.#waiting.add(tagged);
    }
  }
}

/** One stream. While the log is full it is not read: its pipe fills up, and then the program waits. */
class TaggedStream {
  readonly name: string;
  readonly #source: Readable;
  readonly #lines: LineSplitter;
  readonly #isFull: () => boolean;
  #held: Buffer = Buffer.alloc(0);

  constructor(name: string, source: Readable, lines: LineSplitter, isFull: () => boolean) {
    this.name = name;
    this.#source = source;
    this.#lines = lines;
    this.#isFull = isFull;
  }

  /** Passes on what the log has room for; whether that is all, and more can come. */
  take(chunk: Buffer): boolean {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (rest.length > 0 && !this.#isFull()) {
      this.#lines.push(rest.subarray(0, pieceBytes));
      rest = rest.subarray(pieceBytes);
    }
    this.#held = rest;
    if (!this.#isFull()) return true;
    this.#source.pause();
    return false;
  }

  resume(): boolean {
    const isDone = this.take(Buffer.alloc(0));
    if (isDone) this.#source.resume();
    return isDone;
  }

  close(): void {
    this.#source.destroy();
  }

  /** Its last words: no more will come. */
  end(): void {
    this.#lines.push(this.#held);
    this.#lines.end();
  }
}
