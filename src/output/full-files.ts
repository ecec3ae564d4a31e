import { existsSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fullNumbersIn, fullPath } from '../protocol/log-names.js';
import type { LogLimits } from '../protocol/log-settings.js';
import type { Compression } from './compression.js';

/**
 * The full files of a directory of logs. The file that is written becomes the next higher number by one rename, which a
 * death of the monitor cannot catch half done, and no name is used twice.
 */
export class FullFiles {
  readonly #directory: string;
  readonly #compression: Compression;
  /** By the name of the file that is written, ascending. Looked up once: a directory may hold very many. */
  #numbers: Map<string, number[]> | undefined;

  constructor(directory: string, compression: Compression) {
    this.#directory = directory;
    this.#compression = compression;
  }

  /** Takes in the file of this path, and lets go of the oldest. Throws the system's error: then nothing happened. */
  take(path: string, limits: LogLimits): void {
    const current = basename(path);
    this.#numbers ??= fullNumbersIn(this.#directory);
    const numbers = this.#numbers.get(current) ?? [];
    let number = (numbers.at(-1) ?? 0) + 1;
    while (standing(fullPath(path, number)).length > 0) number++;
    renameSync(path, fullPath(path, number));
    numbers.push(number);
    this.#numbers.set(current, numbers);
    for (const old of beyond(path, numbers, limits)) for (const file of standing(old)) rmSync(file, { force: true });
    if (!limits.gzip) return;
    for (const kept of numbers) if (existsSync(fullPath(path, kept))) this.#compression.add(fullPath(path, kept));
  }
}

/** Bytes that the file which is written may have; 0: any number. */
export function sizeLimit({ size, total }: LogLimits): number {
  // Half of it is for what is full.
  const half = Math.ceil(total / 2);
  return size === 0 || (total > 0 && half < size) ? half : size;
}

/** The file, its compressed copy, or both. */
function standing(path: string): string[] {
  return [path, `${path}.gz`].filter((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined);
}

/** Takes those off the row that are too many or too much, and returns their paths. */
function beyond(path: string, numbers: number[], limits: LogLimits): string[] {
  const old = numbers.splice(0, Math.max(0, numbers.length - limits.keep));
  if (limits.total > 0) {
    let room = limits.total - sizeLimit(limits);
    const kept = numbers.findLastIndex((number) => {
      room -= sizeOf(fullPath(path, number));
      return room < 0;
    });
    old.push(...numbers.splice(0, kept + 1));
  }
  return old.map((number) => fullPath(path, number));
}

function sizeOf(path: string): number {
  const [file] = standing(path);
  return file === undefined ? 0 : (lstatSync(file, { throwIfNoEntry: false })?.size ?? 0);
}
