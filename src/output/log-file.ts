import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, reasonOf } from '../errors.js';
import { closed } from '../os/closed.js';
import type { LogLimits } from '../protocol/log-settings.js';
import { sizeLimit, type FullFiles } from './full-files.js';
import { newline } from './whole-lines.js';

const tryAgainAfterMs = 1_000;
/** How long what was seen of a file holds: a loud program writes thousands of times a second. */
const seenMs = 5;
// Not through a link, and without waiting at a fifo: somebody else could have planted it.
const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
const appending = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** One file of output, which is put away at the end of a line when it is full. */
export class LogFile {
  /** Streams that write here. */
  users = 0;
  limits: LogLimits;
  readonly #path: string;
  readonly #full: FullFiles;
  readonly #warn: (problem: string) => void;
  #descriptor: number | undefined;
  #size = 0;
  #seen = 0;
  /** When the file was begun, on the monotonic clock. */
  #begun = 0;
  /** Who wrote the beginning of a line, and has not ended it. */
  #withinLineOf: object | undefined;
  #isTorn = false;
  #lostSince: number | undefined;
  #notFullUntil = 0;

  constructor(path: string, limits: LogLimits, full: FullFiles, warn: (problem: string) => void) {
    this.#path = path;
    this.limits = limits;
    this.#full = full;
    this.#warn = warn;
  }

  /** `writer`: who says it; what is no whole line is only followed by the same one's. */
  write(bytes: Buffer, writer: object): void {
    if (this.#lostSince !== undefined && performance.now() - this.#lostSince < tryAgainAfterMs) return;
    try {
      this.#prepare(writer);
      this.#isTorn = true;
      let rest = this.limits.stamps ? stamped(bytes, this.#withinLineOf === writer) : bytes;
      while (rest.length > 0) {
        const fitting = this.#fitting(rest);
        if (fitting > 0) this.#writeAll(rest.subarray(0, fitting), writer);
        if (fitting < rest.length) this.#putAway();
        rest = rest.subarray(fitting);
      }
      this.#isTorn = false;
      if (this.#lostSince !== undefined) this.#warn(`${this.#path}: written again`);
      this.#lostSince = undefined;
    } catch (error) {
      if (this.#lostSince === undefined) this.#warn(`${this.#path}: output is being lost (${messageOf(error)})`);
      this.#lostSince = performance.now();
      this.#withinLineOf = undefined;
      this.close();
    }
  }

  /** The file for a process that writes it itself: a new one, where it is full. Throws the system's error. */
  openForProcess(): number {
    try {
      this.#prepare(this);
      if (this.#fitting(Buffer.of(newline)) === 0) this.#putAway();
      const descriptor = this.#open();
      this.#descriptor = undefined;
      return descriptor;
    } finally {
      this.close();
    }
  }

  /** The next write opens it anew. */
  close(): void {
    const error = closed(this.#descriptor);
    this.#descriptor = undefined;
    if (error !== undefined) this.#warn(`${this.#path}: output may be lost (${messageOf(error)})`);
  }

  #prepare(writer: object): void {
    this.#lookAtOpen();
    const isForeign = this.#withinLineOf !== undefined && this.#withinLineOf !== writer;
    // What stands before it may be half a line: of another stream, of before a gap, of a monitor that was killed.
    if (this.#size > 0 && (this.#isTorn || isForeign)) this.#writeAll(Buffer.of(newline), writer);
    const { age } = this.limits;
    if (age === 0 || this.#size === 0 || this.#withinLineOf !== undefined) return;
    if (performance.now() - this.#begun >= age && this.#mayPutAway()) this.#putAway();
  }

  #lookAtOpen(): void {
    const now = performance.now();
    if (this.#descriptor !== undefined && now - this.#seen >= seenMs) {
      const { nlink, size } = fstatSync(this.#descriptor);
      this.#seen = now;
      // Others may have truncated it.
      this.#size = size;
      if (nlink === 0) {
        this.close();
        this.#warn(`${this.#path}: was deleted, a new one is begun`);
      }
    }
    this.#open();
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    const descriptor = openRegularFile(this.#path);
    const { size, birthtimeMs } = fstatSync(descriptor);
    this.#descriptor = descriptor;
    this.#size = size;
    this.#begun = performance.now() - (size === 0 ? 0 : Math.max(0, Date.now() - birthtimeMs));
    if (size > 0 && this.#withinLineOf === undefined) this.#isTorn ||= lastByte(descriptor, size) !== newline;
    return descriptor;
  }

  /** How many of these bytes go into the file that is open; where that is not all, it is full then. */
  #fitting(bytes: Buffer): number {
    const limit = sizeLimit(this.limits);
    const room = limit - this.#size;
    if (limit === 0 || bytes.length <= room || !this.#mayPutAway()) return bytes.length;
    const end = room > 0 ? bytes.lastIndexOf(newline, room - 1) + 1 : 0;
    if (end > 0) return end;
    if (this.#size > 0 && this.#withinLineOf === undefined) return 0;
    // A line that is longer than is kept stays whole, unless it is longer than a file may be.
    const most = Math.max(room + limit, 0);
    const lineEnd = bytes.indexOf(newline) + 1;
    return lineEnd > 0 && lineEnd <= most ? lineEnd : Math.min(bytes.length, most);
  }

  #mayPutAway(): boolean {
    return performance.now() >= this.#notFullUntil;
  }

  #putAway(): void {
    try {
      // Who renamed it already has put it away himself.
      if (this.#descriptor !== undefined && isAt(this.#path, fstatSync(this.#descriptor))) {
        this.#full.take(this.#path, this.limits);
      }
    } catch (error) {
      if (this.#notFullUntil === 0) this.#warn(`${this.#path}: cannot be put away, it grows on (${reasonOf(error)})`);
      this.#notFullUntil = performance.now() + tryAgainAfterMs;
      return;
    }
    this.#notFullUntil = 0;
    this.close();
    this.#open();
  }

  #writeAll(bytes: Buffer, writer: object): void {
    const descriptor = this.#open();
    for (let written = 0; written < bytes.length;) {
      const length = writeSync(descriptor, bytes, written);
      written += length;
      this.#size += length;
    }
    this.#withinLineOf = bytes.at(-1) === newline ? undefined : writer;
  }
}

function openRegularFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, appending, 0o640);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new Error('is not a regular file');
}

function lastByte(descriptor: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, size - 1);
  return byte[0];
}

function isAt(path: string, { dev, ino }: Stats): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.dev === dev && there.ino === ino;
}

/** The same with the time at the beginning of each line; `isWithinLine`: the first was begun before. */
function stamped(bytes: Buffer, isWithinLine: boolean): Buffer {
  const stamp = `${new Date().toISOString()} `;
  // One character a byte: nothing of it changes.
  const text = bytes.toString('latin1');
  const [lines, end] = text.endsWith('\n') ? [text.slice(0, -1), '\n'] : [text, ''];
  return Buffer.from(`${isWithinLine ? '' : stamp}${lines.replaceAll('\n', `\n${stamp}`)}${end}`, 'latin1');
}
