import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The two rows of files that a program can have in the directory of logs, by how their names go on after its own. */
export const logSuffixes = { output: '.log', stderr: '.stderr' } as const;
export type LogRow = keyof typeof logSuffixes;

/** A file that holds output of a program. */
export interface ProgramLogFile {
  readonly path: string;
  /** `output`: what is not elsewhere; `stderr`: standard error, where it has files of its own. */
  readonly row: LogRow;
  /** The order of those that are full: the higher, the newer. `undefined`: the one that is written now. */
  readonly number: number | undefined;
  readonly isGzip: boolean;
}

/** The name of the file of a row that is written now. */
export const logName = (name: string, row: LogRow): string => name + logSuffixes[row];

/** Where that file goes when it is full; names sort as their numbers do. */
export const fullPath = (current: string, number: number): string => `${current}.${String(number).padStart(6, '0')}`;

/**
 * Which files hold the output of a program: row by row, and in each the oldest first. A file is named once, be it that a
 * compressed copy stands beside it. Throws the system's error where the directory cannot be read.
 */
export function logFilesOf(directory: string, name: string): ProgramLogFile[] {
  const entries = readdirSync(directory);
  return (Object.keys(logSuffixes) as LogRow[]).flatMap((row) => rowOf(directory, entries, name, row));
}

function rowOf(directory: string, entries: readonly string[], name: string, row: LogRow): ProgramLogFile[] {
  const current = logName(name, row);
  const files = new Map<number, ProgramLogFile>();
  for (const entry of entries) {
    if (!entry.startsWith(current)) continue;
    const [whole, digits, gzip] = /^(?:\.(\d+)(\.gz)?)?$/.exec(entry.slice(current.length)) ?? [];
    if (whole === undefined) continue;
    const number = digits === undefined ? Infinity : Number(digits);
    const isGzip = gzip !== undefined;
    // Beside its original a copy may be half of one.
    if (isGzip && files.has(number)) continue;
    const path = join(directory, entry);
    files.set(number, { path, row, number: digits === undefined ? undefined : number, isGzip });
  }
  return [...files.entries()].sort(([a], [b]) => a - b).map(([, file]) => file);
}

/** The numbers of all full files of a directory, ascending, by the name of the file that they were once. */
export function fullNumbersIn(directory: string): Map<string, number[]> {
  const found = new Map<string, Set<number>>();
  for (const entry of readdirSync(directory)) {
    const [, current, digits] = /^(.+\.(?:log|stderr))\.(\d+)(?:\.gz)?$/s.exec(entry) ?? [];
    if (current === undefined) continue;
    const numbers = found.get(current) ?? new Set();
    found.set(current, numbers.add(Number(digits)));
  }
  return new Map([...found].map(([current, numbers]) => [current, [...numbers].sort((a, b) => a - b)]));
}

/** The bytes of a file of output, as the program said them. */
export function readLogFile({ path, isGzip }: Pick<ProgramLogFile, 'path' | 'isGzip'>): Readable {
  const source = createReadStream(path);
  if (!isGzip) return source;
  const plain = createGunzip();
  source.on('error', (error) => plain.destroy(error));
  return source.pipe(plain);
}
