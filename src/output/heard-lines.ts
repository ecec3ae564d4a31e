import { openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { LogManner } from '../protocol/log-settings.js';
import { Drain } from './drain.js';
import { LineSplitter } from './line-splitter.js';
import { placeOf, type Outputs, type StreamName } from './outputs.js';

/** A line that a program said, without its end; a longer one than 64 KiB comes in pieces. */
export interface OutputLine {
  readonly name: string;
  readonly stream: StreamName;
  readonly text: string;
}

/** Every line of every program to a listener; without one, to nobody. */
export class HeardLines implements Outputs {
  readonly #listener: ((line: OutputLine) => unknown) | undefined;
  readonly #warn: (problem: string) => void;
  readonly #drain = new Drain();

  constructor(listener: ((line: OutputLine) => unknown) | undefined, warn: (problem: string) => void) {
    this.#listener = listener;
    this.#warn = warn;
  }

  handOver(_name: string, stream: StreamName, manner: LogManner): number | undefined {
    const isHeard = this.#listener !== undefined && placeOf(stream, manner) !== 'none';
    return isHeard ? undefined : openSync('/dev/null', 'w');
  }

  connect(name: string, stream: StreamName, source: Readable, manner: LogManner): void {
    this.#drain.add(source);
    if (this.#listener === undefined || placeOf(stream, manner) === 'none') {
      source.resume();
      return;
    }
    const lines = new LineSplitter((found) => {
      for (const text of found) this.#tell({ name, stream, text });
    });
    source.on('data', (chunk: Buffer) => lines.push(chunk));
    source.once('close', () => lines.end());
  }

  finish(deadline: number): Promise<void> {
    return this.#drain.finish(deadline);
  }

  reopen(): void {
    // There is no file.
  }

  #tell(line: OutputLine): void {
    const fail = (error: unknown) =>
      this.#warn(`the listener to output failed at a line of ${line.name}: ${String(error)}`);
    try {
      const result = this.#listener?.(line);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}
