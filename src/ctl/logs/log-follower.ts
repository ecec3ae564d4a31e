import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { systemCode } from '../../errors.js';
import { carefulReading } from '../../protocol/file-bytes.js';
import type { ProgramLogFile } from '../../protocol/log-names.js';

/** A file that grows, and is replaced by another now and then. */
export interface Growing {
  readonly path: string;
  /** Where the file that is replaced goes: all that are full, the oldest first. */
  readonly full: () => readonly ProgramLogFile[];
  readonly onLine: (line: string) => void;
}

/** How often is looked for what the file system did not tell, in ms. */
const lookMs = 500;
const newline = 0x0a;
/** Nothing stands there, or a socket. */
const passedOver = new Set(['ENOENT', 'ENXIO']);

/** Tells the lines that are written after its making, across rotations, from `begin` to `stop`. */
export class LogFollower {
  readonly #followers: readonly Follower[];
  #timer: NodeJS.Timeout | undefined;
  #watchers: { close: () => void }[] = [];

  constructor(files: readonly Growing[]) {
    this.#followers = files.map((file) => new Follower(file));
  }

  /** What of a file was there before, in bytes. */
  bytesBefore(path: string): number | undefined {
    return this.#followers.find((follower) => follower.path === path)?.bytesBefore;
  }

  begin(): void {
    const look = () => {
      for (const follower of this.#followers) follower.look();
    };
    look();
    this.#timer = setInterval(look, lookMs);
    for (const directory of new Set(this.#followers.map(({ path }) => dirname(path)))) {
      try {
        this.#watchers.push(watch(directory, look).on('error', () => undefined));
      } catch {
        // Not there yet, or no watches are left: the timer serves.
      }
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    for (const follower of this.#followers) follower.close();
  }
}

class Follower {
  readonly path: string;
  readonly bytesBefore: number;
  readonly #file: Growing;
  readonly #block = Buffer.allocUnsafe(64 * 1024);
  #descriptor: number | undefined;
  /** The newest full file when this one was opened. */
  #newestFull = 0;
  #offset = 0;
  /** A line that has not ended, in pieces: it may grow for long. */
  #rest: Buffer[] = [];

  constructor(file: Growing) {
    this.#file = file;
    this.path = file.path;
    this.#open();
    this.#offset = this.#descriptor === undefined ? 0 : fstatSync(this.#descriptor).size;
    this.bytesBefore = this.#offset;
  }

  look(): void {
    if (this.#descriptor === undefined) this.#open();
    if (this.#descriptor === undefined) return;
    const isReplaced = !isAt(this.path, this.#descriptor);
    this.#read(this.#descriptor);
    if (!isReplaced) return;
    this.close();
    // The first is the one that was open here; the others were full before anybody looked.
    const [, ...missed] = this.#file.full().filter(({ number = 0 }) => number > this.#newestFull);
    for (const file of missed) this.#take(wholeOf(file));
    this.#open();
    if (this.#descriptor !== undefined) this.#read(this.#descriptor);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): void {
    try {
      this.#newestFull = this.#file.full().at(-1)?.number ?? 0;
      const descriptor = openSync(this.path, carefulReading);
      this.#offset = 0;
      if (fstatSync(descriptor).isFile()) this.#descriptor = descriptor;
      else closeSync(descriptor);
    } catch (error) {
      if (!passedOver.has(systemCode(error))) throw error;
    }
  }

  #read(descriptor: number): void {
    // Truncated by somebody who copied it away.
    if (fstatSync(descriptor).size < this.#offset) this.#offset = 0;
    for (;;) {
      const length = readSync(descriptor, this.#block, 0, this.#block.length, this.#offset);
      if (length === 0) return;
      this.#offset += length;
      this.#take(this.#block.subarray(0, length));
    }
  }

  #take(said: Buffer): void {
    const end = said.lastIndexOf(newline);
    if (end >= 0) {
      const whole = Buffer.concat([...this.#rest, said.subarray(0, end)]);
      this.#rest = [];
      for (const line of whole.toString().split('\n')) this.#file.onLine(line);
    }
    // A copy: the next block is read into the same place.
    if (end + 1 < said.length) this.#rest.push(Buffer.from(said.subarray(end + 1)));
  }
}

function wholeOf({ path, isGzip }: Pick<ProgramLogFile, 'path' | 'isGzip'>): Buffer {
  try {
    return isGzip ? gunzipSync(readFileSync(path)) : readFileSync(path);
  } catch (error) {
    if (isGzip || systemCode(error) !== 'ENOENT') return Buffer.alloc(0);
    return wholeOf({ path: `${path}.gz`, isGzip: true }); // Compressed meanwhile.
  }
}

function isAt(path: string, descriptor: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const here = fstatSync(descriptor);
  return there === undefined || (there.ino === here.ino && there.dev === here.dev);
}
