import type { Readable } from 'node:stream';
import type { Outputs, StreamName } from '../../src/output/outputs.js';
import type { LogManner } from '../../src/protocol/log-settings.js';
import type { OutputLine } from '../live-protocol.js';

/** Bytes kept of each program. */
const keptBytes = 16 * 1024;
const mergedBytes = 1024;

interface Piece {
  readonly stream: StreamName;
  readonly bytes: Buffer;
}

/** Listens to the output of programs on its way, and keeps the end of each; nobody waits for it. */
export class OutputTails implements Outputs {
  readonly #outputs: Outputs;
  readonly #tails = new Map<string, { pieces: Piece[]; size: number; serial: number }>();
  /** Told that a program said something. */
  onOutput: ((name: string) => void) | undefined;

  constructor(outputs: Outputs) {
    this.#outputs = outputs;
  }

  handOver(name: string, stream: StreamName, manner: LogManner): number | undefined {
    return this.#outputs.handOver(name, stream, manner);
  }

  connect(name: string, stream: StreamName, source: Readable, manner: LogManner): void {
    this.#outputs.connect(name, stream, source, manner);
    source.on('data', (chunk: Buffer) => this.#take(name, stream, chunk));
  }

  finish(deadline: number): Promise<void> {
    return this.#outputs.finish(deadline);
  }

  reopen(): void {
    this.#outputs.reopen();
  }

  /** The last lines that a program said; the first may have lost its beginning. */
  linesOf(name: string): readonly OutputLine[] {
    const tail = this.#tails.get(name);
    if (tail === undefined) return [];
    const lines: OutputLine[] = [];
    const open: Partial<Record<StreamName, Buffer[]>> = {};
    const cut = (stream: StreamName, text: string) => lines.push({ stream, text: text.replace(/\r$/, '') });
    for (const { stream, bytes } of tail.pieces) {
      const whole = Buffer.concat([...(open[stream] ?? []), bytes]);
      const end = whole.lastIndexOf(0x0a);
      open[stream] = [whole.subarray(end + 1)];
      if (end >= 0) for (const line of whole.toString('utf8', 0, end).split('\n')) cut(stream, line);
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = Buffer.concat(open[stream] ?? []);
      if (rest.length > 0) cut(stream, rest.toString());
    }
    return lines;
  }

  /** A number that is another one when a program has said more. */
  serialOf(name: string): number {
    return this.#tails.get(name)?.serial ?? 0;
  }

  forget(name: string): void {
    this.#tails.delete(name);
  }

  #take(name: string, stream: StreamName, chunk: Buffer): void {
    const tail = this.#tails.get(name) ?? { pieces: [], size: 0, serial: 0 };
    this.#tails.set(name, tail);
    // Copied: the whole chunk would be kept for the sake of its end.
    const bytes = Buffer.from(chunk.subarray(-keptBytes));
    const last = tail.pieces.at(-1);
    // A piece costs more than the few bytes that may be in it.
    if (last?.stream === stream && last.bytes.length < mergedBytes) {
      tail.pieces[tail.pieces.length - 1] = { stream, bytes: Buffer.concat([last.bytes, bytes]) };
    } else tail.pieces.push({ stream, bytes });
    tail.size += bytes.length;
    tail.serial += 1;
    while (tail.size - (tail.pieces[0]?.bytes.length ?? 0) >= keptBytes) {
      tail.size -= tail.pieces.shift()?.bytes.length ?? 0;
    }
    this.onOutput?.(name);
  }
}
