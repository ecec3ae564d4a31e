import { openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Log } from '../log.js';
import type { LogManner } from '../protocol/log-settings.js';
import { Drain } from './drain.js';
import { LineSplitter } from './line-splitter.js';
import { placeOf, type Outputs, type StreamName } from './outputs.js';

// A byte can become a record of some hundred: a chunk of empty lines must not be more than the log keeps.
const pieceBytes = 8 * 1024;
/** What of a stream is kept in memory before its pipe is left to fill up. */
const mostHeldBytes = 16 * 1024;
/** How long lines are written until everything else has its turn. */
const turnMs = 10;
// While the log's reader stands still, each life of a program leaves two streams, and descriptors are few.
const mostWaitingOfOne = 32;

/** Every line of every program into the monitor's own log, with the program's name and the stream on each record. */
export class TaggedLines implements Outputs {
  readonly #log: Log;
  readonly #drain = new Drain();
  /** In the order of their beginning. */
  readonly #open = new Set<TaggedStream>();
  readonly #waiting = new Set<TaggedStream>();
  #turnEnd: number | undefined;

  constructor(log: Log) {
    this.#log = log;
    log.onDrain(() => this.#resume());
  }

  handOver(_name: string, stream: StreamName, manner: LogManner): number | undefined {
    return placeOf(stream, manner) === 'none' ? openSync('/dev/null', 'w') : undefined;
  }

  connect(name: string, stream: StreamName, source: Readable, manner: LogManner): void {
    if (placeOf(stream, manner) === 'none') {
      source.resume();
      this.#drain.add(source);
      return;
    }
    const tag = tagOf(name, stream);
    // A splitter for each stream: halves of lines of two streams are never glued together.
    const lines = new LineSplitter((found) => this.#log.write(recordsOf(tag, found)));
    const tagged = new TaggedStream(name, source, lines, () => this.#mustWait());
    this.#open.add(tagged);
    source.on('data', (chunk: Buffer) => {
      if (tagged.take(chunk)) return;
      this.#waiting.add(tagged);
      if (this.#log.isFull()) this.#limit(name);
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

  /** For the reader of the log, or for all that is not output. */
  #mustWait(): boolean {
    if (this.#log.isFull()) return true;
    const now = performance.now();
    if (this.#turnEnd === undefined) {
      this.#turnEnd = now + turnMs;
      setImmediate(() => {
        this.#turnEnd = undefined;
        this.#resume();
      });
    }
    return now >= this.#turnEnd;
  }

  #limit(name: string): void {
    const ofOne = [...this.#open].filter((tagged) => tagged.name === name && this.#waiting.has(tagged));
    if (ofOne.length <= mostWaitingOfOne) return;
    this.#log.logger.warn({ name }, `${name}: the log is not read, the last words of an earlier process are lost`);
    ofOne[0]?.close();
  }

  #resume(): void {
    for (const tagged of this.#waiting) {
      if (this.#mustWait()) return;
      // Those who still wait go to the end of the row.
      this.#waiting.delete(tagged);
      if (!tagged.resume()) this.#waiting.add(tagged);
    }
  }
}

/** The records of lines, as the logger would write them: one by one it takes ten times as long. */
function recordsOf(tag: string, lines: readonly string[]): string {
  // Whatever the level of the log is: what a program says is never dropped.
  const begin = `{"level":30,"time":${Date.now()},${tag},"msg":`;
  let records = '';
  for (const line of lines) records += `${begin}${JSON.stringify(line)}}\n`;
  return records;
}

function tagOf(name: string, stream: StreamName): string {
  return JSON.stringify({ name, stream }).slice(1, -1);
}

/** One stream. While it has to wait it is not read: its pipe fills up, and then the program waits. */
class TaggedStream {
  readonly name: string;
  readonly #source: Readable;
  readonly #lines: LineSplitter;
  readonly #mustWait: () => boolean;
  #held: Buffer = Buffer.alloc(0);

  constructor(name: string, source: Readable, lines: LineSplitter, mustWait: () => boolean) {
    this.name = name;
    this.#source = source;
    this.#lines = lines;
    this.#mustWait = mustWait;
  }

  /** Passes on what the log has room for; whether that is all, and more can come. */
  take(chunk: Buffer): boolean {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (rest.length > 0 && !this.#mustWait()) {
      this.#lines.push(rest.subarray(0, pieceBytes));
      rest = rest.subarray(pieceBytes);
    }
    // A copy: the chunk is the stream's own.
    this.#held = Buffer.from(rest);
    if (rest.length === 0 && !this.#mustWait()) return true;
    if (rest.length >= mostHeldBytes) this.#source.pause();
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
