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
  /** The newest full file that was told, or that was there before. */
  #newestFull: number;
  #offset = 0;
  /** A line that has not ended, in pieces: it may grow for long. */
  #rest: Buffer[] = [];

  constructor(file: Growing) {
    this.#file = file;
    this.path = file.path;
    const standing = this.#standing();
    this.#newestFull = (standing?.full ?? file.full()).at(-1)?.number ?? 0;
    this.#descriptor = standing?.descriptor;
    this.#offset = standing === undefined ? 0 : fstatSync(standing.descriptor).size;
    this.bytesBefore = this.#offset;
  }

  look(): void {
    if (this.#descriptor !== undefined) {
      const isReplaced = standsAt(this.path, this.#descriptor) === false;
      this.#read(this.#descriptor);
      if (!isReplaced) return;
      this.close();
      // The one that was open here.
      this.#newestFull = this.#missedOf(this.#file.full())[0]?.number ?? this.#newestFull;
    }
    const standing = this.#standing();
    if (standing === undefined) return;
    // What became full before anybody looked.
    for (const file of this.#missedOf(standing.full)) {
      this.#take(wholeOf(file));
      this.#newestFull = file.number ?? this.#newestFull;
    }
    this.#descriptor = standing.descriptor;
    this.#offset = 0;
    this.#read(this.#descriptor);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #missedOf(full: readonly ProgramLogFile[]): readonly ProgramLogFile[] {
    return full.filter(({ number = 0 }) => number > this.#newestFull);
  }

  /** The file that stands there, opened, and all that were full before it: of one moment, or a full one would be lost. */
  #standing(): { readonly descriptor: number; readonly full: readonly ProgramLogFile[] } | undefined {
    for (;;) {
      const descriptor = openRegular(this.path);
      if (descriptor === undefined) return undefined;
      const full = this.#file.full();
      const stands = standsAt(this.path, descriptor);
      if (stands === true) return { descriptor, full };
      closeSync(descriptor);
      if (stands === undefined) return undefined;
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

/** `undefined`: nothing to read stands there. */
function openRegular(path: string): number | undefined {
  try {
    const descriptor = openSync(path, carefulReading);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    return undefined;
  } catch (error) {
    if (!passedOver.has(systemCode(error))) throw error;
    return undefined;
  }
}

/** Whether it is this file that stands there; `undefined`: nothing does. */
function standsAt(path: string, descriptor: number): boolean | undefined {
  const there = statSync(path, { throwIfNoEntry: false });
  const here = fstatSync(descriptor);
  return there && there.ino === here.ino && there.dev === here.dev;
}
