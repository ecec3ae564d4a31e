import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../../../machines/index.js';
import { ColonyError, messageOf, reasonOf, systemCode } from '../../errors.js';
import { maxStatusBytes, readFileBytes } from '../../protocol/file-bytes.js';
import { runtimePaths } from '../../protocol/runtime-directory.js';
import { parseProgramStatus, type ProgramStatus, type ProgramStatusFile } from '../../protocol/status-file.js';
import { liveMonitor, silenceOf } from './live-monitor.js';
import { SeenColonies } from './seen-colonies.js';
import type { Places } from '../places.js';
import { glanceAt, isProgram, listPrograms, requireProgram } from '../programs.js';

/** A program as its monitor last wrote of it. Times are ISO 8601. */
export interface ProgramRow extends Omit<ProgramStatus, 'startedAt' | 'colony'> {
  /** Seconds since the present process was started, while a live monitor keeps a process; else null. */
  readonly uptime: number | null;
  /** Whether its file is still there. */
  readonly hasFile: boolean;
  /** What is known of the colony that it is the monitor of; absent where it is none. */
  readonly colony?: NestedStatus;
}

/** What is known of a colony. */
export interface StatusReport {
  readonly version: 1;
  /** `null`: none runs, and the rows are the last that is known. */
  readonly monitor: { readonly pid: number; readonly since: string; readonly version: string } | null;
  /** For how many seconds the monitor has shown no sign of life, where that is too long; its rows may be stale. */
  readonly silentFor: number | null;
  /** By name: what the monitor wrote of, and what has a file but was not seen by a monitor yet (state null). */
  readonly programs: readonly ProgramRow[];
}

/** A colony below another. */
export interface NestedStatus extends StatusReport {
  readonly home: string;
  /** Why nothing is known of it. */
  readonly error: Fault | null;
}

/**
 * What is known of all programs, or of one, from the files of the two directories.
 * Throws `EUNKNOWN` or `ENAME` where there is no program of that name, `EDIRECTORY` where something may not be read.
 */
export function status(places: Places, name?: string): StatusReport {
  return statusBelow(places, name, new SeenColonies(), Infinity);
}

function statusBelow(places: Places, name: string | undefined, seen: SeenColonies, most: number): StatusReport {
  seen.see(places);
  const monitor = liveMonitor(places);
  const { status: directory } = runtimePaths(places.messages);
  const files = new Set(name === undefined ? listPrograms(places) : [name].filter((only) => isProgram(places, only)));
  const programs =
    name === undefined ? allStatuses(places, directory, files, most) : [statusOf(places, directory, name)];
  const silence = monitor && silenceOf(places, monitor);
  return {
    version: 1,
    silentFor: silence === undefined ? null : Math.floor(silence / 1000),
    monitor: monitor ? { pid: monitor.pid, since: monitor.since, version: monitor.ncolony } : null,
    programs: programs.map((program) => rowOf(program, monitor !== undefined, files.has(program.name), seen)),
  };
}

/**
 * What is known of the colony of a home, of so many of its programs. Never throws; a colony that was looked at is not
 * looked at again.
 */
export function nestedStatus(home: string, seen: SeenColonies, most = Infinity): NestedStatus {
  const places = { config: join(home, 'conf'), messages: join(home, 'messages') };
  const unknown = { version: 1, monitor: null, silentFor: null, programs: [], home } as const;
  const refusal = seen.refusal(places);
  if (refusal !== undefined) return { ...unknown, error: { code: 'EDIRECTORY', message: `${home}: ${refusal}` } };
  try {
    return { ...statusBelow(places, undefined, seen, most), home, error: null };
  } catch (error) {
    return { ...unknown, error: { code: systemCode(error), message: messageOf(error) } };
  }
}

/** Whether everything that is wanted up is running, in the colonies below too, as far as that can be known. */
export function isAllRunning({ programs, silentFor }: StatusReport): boolean {
  if (silentFor !== null) return false;
  return programs.every(
    ({ state, wanted, colony }) =>
      wanted === 'down' ||
      (state === 'running' && (colony === undefined || (colony.monitor !== null && isAllRunning(colony)))),
  );
}

const unpublished = new Set(['killAt', 'rejected', 'revision', 'hasFile', 'silentFor']);

/** The report in its published shape. */
export function statusJson(report: StatusReport): string {
  return JSON.stringify(report, (key, value: unknown) => (unpublished.has(key) ? undefined : value));
}

const suffix = '.json';

/** What the monitor wrote of its programs. Throws `EDIRECTORY`. */
export function writtenStatuses(directory: string): ProgramStatusFile[] {
  return writtenNames(directory)
    .map((name) => readStatus(directory, name))
    .filter((program) => program !== undefined);
}

function writtenNames(directory: string): string[] {
  return entriesOf(directory)
    .filter((entry) => entry.endsWith(suffix) && !entry.startsWith('.'))
    .map((entry) => entry.slice(0, -suffix.length));
}

function allStatuses(places: Places, directory: string, files: ReadonlySet<string>, most: number): ProgramStatus[] {
  const names = [...new Set([...writtenNames(directory), ...files])].sort().slice(0, most);
  return names
    .map((name) => readStatus(directory, name) ?? (files.has(name) ? unseen(places, name) : undefined))
    .filter((program) => program !== undefined);
}

function statusOf(places: Places, directory: string, name: string): ProgramStatus {
  const written = readStatus(directory, name);
  if (written === undefined) requireProgram(places, name);
  return written ?? unseen(places, name);
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new ColonyError('EDIRECTORY', `${directory}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

/** Why the file of a program is not in force, as a monitor wrote last. */
export function rejectionOf({ messages }: Pick<Places, 'messages'>, name: string): Fault | undefined {
  return readStatus(runtimePaths(messages).status, name)?.rejected ?? undefined;
}

/** `undefined`: the monitor wrote nothing of it, or has just taken it away. */
export function readStatus(directory: string, name: string): ProgramStatusFile | undefined {
  if (/[/\0]/.test(name)) return undefined;
  const file = readFileBytes(join(directory, name + suffix), maxStatusBytes);
  const isRead = file.kind === 'bytes' && file.bytes.length <= maxStatusBytes;
  return isRead ? parseProgramStatus(file.bytes.toString()) : undefined;
}

function unseen(places: Places, name: string): ProgramStatus {
  const { wanted, group } = glanceAt(places, name);
  return {
    name,
    state: null,
    wanted,
    pid: null,
    since: null,
    startedAt: null,
    run: null,
    starts: 0,
    restarts: 0,
    instantDeaths: 0,
    lastExit: null,
    nextStartAt: null,
    killAt: null,
    error: null,
    rejected: null,
    revision: null,
    group,
    stragglers: [],
  };
}

/** `isLive`: its monitor runs. `seen`: its colony is among them. */
export function rowOf(status: ProgramStatus, isLive: boolean, hasFile: boolean, seen: SeenColonies): ProgramRow {
  const { state, pid, startedAt } = status;
  const isUp = isLive && pid !== null && (state === 'starting' || state === 'running' || state === 'killing');
  return {
    name: status.name,
    state,
    wanted: status.wanted,
    pid,
    since: status.since,
    uptime: isUp && startedAt !== null ? Math.max(0, Date.now() - Date.parse(startedAt)) / 1000 : null,
    run: status.run,
    starts: status.starts,
    restarts: status.restarts,
    instantDeaths: status.instantDeaths,
    lastExit: status.lastExit,
    nextStartAt: status.nextStartAt,
    killAt: status.killAt,
    error: status.error,
    rejected: status.rejected,
    revision: status.revision,
    group: status.group,
    stragglers: status.stragglers,
    hasFile,
    ...(status.colony !== undefined && { colony: nestedStatus(status.colony, seen) }),
  };
}
