import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError, reasonOf } from '../../errors.js';
import { logFilesOf, logName, type LogRow, type ProgramLogFile } from '../../protocol/log-names.js';
import { LogFollower, type Growing } from './log-follower.js';
import { linesBackwards } from './lines-backwards.js';

/** Where the output of programs is: what the monitor was told by `--logs`, or else its own log, told by `--logfile`. */
export interface LogSource {
  readonly logs: string | undefined;
  readonly logfile: string | undefined;
}

export interface LogLine {
  readonly name: string;
  /** `null`: both are in one file. */
  readonly stream: 'stdout' | 'stderr' | null;
  /** ISO 8601; `null` where the lines have no time. */
  readonly time: string | null;
  readonly line: string;
}

export interface LogQuery {
  readonly names: readonly string[];
  /** Of each, and of its own files for standard error; default: all. */
  readonly last?: number | undefined;
  /** Ms since 1970; of lines without a time, the files that were not written since are left out. */
  readonly since?: number | undefined;
}

/** What is kept of the programs' words. */
export interface Logs {
  /** By time, where all lines have one; else program by program. */
  readonly lines: readonly LogLine[];
  /** Tells what comes after them, until it is closed. */
  readonly follow: (onLine: (line: LogLine) => void) => void;
  readonly close: () => void;
}

/** A file of lines, and what one says; `undefined`: it is none of a program that was asked for. */
interface Place {
  readonly current: string;
  readonly files: () => readonly ProgramLogFile[];
  readonly parse: (text: string) => LogLine | undefined;
  /** How many different programs' lines stand here. */
  readonly names: readonly string[];
}

/**
 * The last words of programs, from the files that the monitor writes.
 * Throws `EUSAGE` where it is not known which these are, `EDIRECTORY` where they cannot be read.
 */
export async function logsOf(source: LogSource, query: LogQuery): Promise<Logs> {
  const places = placesOf(source, query.names);
  let listener: ((line: LogLine) => void) | undefined;
  const growing = places.map((place): Growing => ({
    path: place.current,
    full: () => fullOf(place),
    onLine: (text) => {
      const line = place.parse(text);
      if (line !== undefined) listener?.(line);
    },
  }));
  // Made first, so that nothing is missed or told twice between what was and what comes.
  const follower = reading(places, () => new LogFollower(growing));
  const told: LogLine[] = [];
  try {
    for (const place of places) told.push(...(await lastLines(place, query, follower)));
  } catch (error) {
    follower.stop();
    throw unreadable(places, error);
  }
  const lines = told.every(({ time }) => time !== null)
    ? told.toSorted((a, b) => Date.parse(a.time ?? '') - Date.parse(b.time ?? ''))
    : told;
  const follow = (onLine: (line: LogLine) => void) => {
    listener = onLine;
    follower.begin();
  };
  return { lines, follow, close: () => follower.stop() };
}

function placesOf({ logs, logfile }: LogSource, names: readonly string[]): Place[] {
  if (logfile !== undefined) return [ownLog(logfile, names)];
  if (logs === undefined) {
    throw new ColonyError('EUSAGE', '--logs or --logfile is needed (or --home): what the monitor was told');
  }
  if (!existsSync(logs)) throw new ColonyError('EDIRECTORY', `${logs}: the monitor has written no logs there`);
  return names.flatMap((name) => (['output', 'stderr'] as const).map((row) => rowOf(logs, name, row)));
}

function fullOf({ files }: Place): readonly ProgramLogFile[] {
  try {
    return files().filter(({ number }) => number !== undefined);
  } catch {
    return []; // The directory is away for now.
  }
}

function rowOf(logs: string, name: string, row: LogRow): Place {
  return {
    current: join(logs, logName(name, row)),
    files: () => logFilesOf(logs, name).filter((file) => file.row === row && mayBeFile(file)),
    names: [name],
    parse: (text) => {
      const [stamp, time] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) /.exec(text) ?? [''];
      const stream = row === 'stderr' ? 'stderr' : null;
      return { name, stream, time: time ?? null, line: text.slice(stamp.length) };
    },
  };
}

// What is gone may be found under its next name.
const mayBeFile = ({ path }: ProgramLogFile) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;

function ownLog(logfile: string, names: readonly string[]): Place {
  return {
    current: logfile,
    files: () => [{ path: logfile, row: 'output', number: undefined, isGzip: false }],
    names,
    parse: (text) => {
      const record = parseRecord(text);
      const { name = '', stream, time = 0, msg = '' } = record;
      if ((stream !== 'stdout' && stream !== 'stderr') || !names.includes(name)) return undefined;
      return { name, stream, time: new Date(time).toISOString(), line: msg };
    },
  };
}

function parseRecord(text: string): { name?: string; stream?: string; time?: number; msg?: string } {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}

async function lastLines(
  place: Place,
  { last = Infinity, since }: LogQuery,
  follower: LogFollower,
): Promise<LogLine[]> {
  const missing = new Map(place.names.map((name) => [name, last]));
  const found: LogLine[] = [];
  for (const file of place.files().toReversed()) {
    const bytes = file.number === undefined ? follower.bytesBefore(file.path) : undefined;
    if (since !== undefined && isOlder(file.path, since)) break;
    for await (const text of linesBackwards(file, bytes)) {
      if ([...missing.values()].every((count) => count <= 0)) return found.toReversed();
      const line = place.parse(text);
      if (line === undefined) continue;
      if (since !== undefined && line.time !== null && Date.parse(line.time) < since) return found.toReversed();
      const count = missing.get(line.name) ?? 0;
      missing.set(line.name, count - 1);
      if (count > 0) found.push(line);
    }
  }
  return found.toReversed();
}

const isOlder = (path: string, since: number) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < since;

function reading<T>(places: readonly Place[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(places, error);
  }
}

function unreadable([place]: readonly Place[], error: unknown): ColonyError {
  return new ColonyError('EDIRECTORY', `${place?.current}: cannot be read (${reasonOf(error)})`, { cause: error });
}
