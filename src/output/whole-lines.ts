import { withBefore } from '../os/output-pipe.js';
import { maxLineBytes } from './line-splitter.js';

export const newline = 0x0a;

/** Passes bytes on up to the end of a line, so that two streams can share a file; memory is bounded by `maxLineBytes`. */
export class WholeLines {
  readonly #pass: (bytes: Buffer) => void;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Whether the beginning of a line, one that is longer than is kept, was passed on. */
  #isWithinLine = false;

  /** `pass` is given bytes that hold only while it is called: whole lines, or a piece of one that is too long. */
  constructor(pass: (bytes: Buffer) => void) {
    this.#pass = pass;
  }

  push(chunk: Buffer): void {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end === 0 && this.#restBytes + chunk.length <= maxLineBytes) return this.#keep(chunk);
    const bytes = withBefore(this.#rest, this.#restBytes, chunk);
    const whole = chunk.length - end > maxLineBytes || end === 0 ? bytes.length : bytes.length - chunk.length + end;
    this.#rest = [];
    this.#restBytes = 0;
    this.#pass(bytes.subarray(0, whole));
    this.#isWithinLine = bytes[whole - 1] !== newline;
    if (whole < bytes.length) this.#keep(bytes.subarray(whole));
  }

  end(): void {
    const isLineOpen = this.#restBytes > 0 || this.#isWithinLine;
    if (isLineOpen) this.#pass(Buffer.concat([...this.#rest, Buffer.of(newline)]));
  }

  #keep(piece: Buffer): void {
    this.#rest.push(Buffer.from(piece));
    this.#restBytes += piece.length;
  }
}
