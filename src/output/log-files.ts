import { closeSync, constants, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf } from '../errors.js';
import { maxLineBytes } from './line-splitter.js';
import { Drain } from './drain.js';
import type { Outputs, StreamName } from './outputs.js';

const reopenAfterMs = 1_000;
const newline = 0x0a;
// Not through a link, and without waiting at a fifo: somebody else could have planted it.
const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
const appending = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** Every program's output into a file of its own, `NAME.log`, byte for byte, both streams in turn of whole lines. */
export class LogFiles implements Outputs {
  readonly #directory: string;
  readonly #warn: (problem: string) => void;
  readonly #drain = new Drain();
  readonly #files = new Map<string, LogFile>();

  /** `warn`: told once when a file cannot be written, and once when it can be again. */
  constructor(directory: string, warn: (problem: string) => void) {
    this.#directory = directory;
    this.#warn = warn;
  }

  connect(name: string, _stream: StreamName, source: Readable): void {
    const file = this.#files.get(name) ?? new LogFile(join(this.#directory, `${name}.log`), this.#warn);
    this.#files.set(name, file);
    file.users++;
    const lines = new WholeLines((chunks) => file.write(chunks));
    source.on('data', (chunk: Buffer) => lines.push(chunk));
    source.once('close', () => {
      lines.end();
      file.users--;
      if (file.users > 0) return;
      file.close();
      this.#files.delete(name);
    });
    this.#drain.add(source);
  }

  finish(deadline: number): Promise<void> {
    return this.#drain.finish(deadline);
  }

  reopen(): void {
    for (const file of this.#files.values()) file.close();
  }
}

/** Passes bytes on up to the end of a line, so that two streams can share a file; memory is bounded by `maxLineBytes`. */
class WholeLines {
  readonly #pass: (chunks: readonly Buffer[]) => void;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(pass: (chunks: readonly Buffer[]) => void) {
    this.#pass = pass;
  }

  push(chunk: Buffer): void {
    const end = this.#restBytes + chunk.length > maxLineBytes ? chunk.length : chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      this.#pass([...this.#rest, chunk.subarray(0, end)]);
      this.#rest = [];
      this.#restBytes = 0;
    }
    if (end === chunk.length) return;
    this.#rest.push(Buffer.from(chunk.subarray(end)));
    this.#restBytes += chunk.length - end;
  }

  end(): void {
    if (this.#restBytes > 0) this.#pass([...this.#rest, Buffer.of(newline)]);
  }
}

class LogFile {
  /** Streams that write here. */
  users = 0;
  readonly #path: string;
  readonly #warn: (problem: string) => void;
  #descriptor: number | undefined;
  #lostSince: number | undefined;
  #isTorn = false;

  constructor(path: string, warn: (problem: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  write(chunks: readonly Buffer[]): void {
    if (this.#lostSince !== undefined && performance.now() - this.#lostSince < reopenAfterMs) return;
    try {
      this.#closeIfDeleted();
      this.#descriptor ??= openRegularFile(this.#path);
      // What stands before the gap may be half a line.
      if (this.#isTorn) writeAll(this.#descriptor, Buffer.of(newline));
      this.#isTorn = true;
      for (const chunk of chunks) writeAll(this.#descriptor, chunk);
      this.#isTorn = false;
      if (this.#lostSince !== undefined) this.#warn(`${this.#path}: written again`);
      this.#lostSince = undefined;
    } catch (error) {
      if (this.#lostSince === undefined) this.#warn(`${this.#path}: output is being lost (${messageOf(error)})`);
      this.#lostSince = performance.now();
      this.close();
    }
  }

  #closeIfDeleted(): void {
    if (this.#descriptor === undefined || fstatSync(this.#descriptor).nlink > 0) return;
    this.close();
    this.#warn(`${this.#path}: was deleted, a new one is begun`);
  }

  /** The next write opens it anew. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function openRegularFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, appending, 0o640);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new Error('is not a regular file');
}

function writeAll(descriptor: number, chunk: Buffer): void {
  for (let written = 0; written < chunk.length;) written += writeSync(descriptor, chunk, written);
}
