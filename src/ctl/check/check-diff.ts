import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { ColonyError, reasonOf } from '../../errors.js';
import { contentDigests, differingKeys } from '../../protocol/content-digests.js';
import { nameFault } from '../../protocol/file-names.js';
import type { ProgramFile } from '../../protocol/program-file.js';
import { userFault } from '../../protocol/rights.js';
import { runtimePaths } from '../../protocol/runtime-directory.js';
import type { ProgramStatusFile } from '../../protocol/status-file.js';
import { printable } from '../../printable.js';
import { checkLines, judgeDirectory, judgeFile, reportOf, type CheckReport, type JudgedFile } from './check.js';
import { liveMonitor } from '../status/live-monitor.js';
import type { Places } from '../places.js';
import { counted } from '../plurals.js';
import { writtenStatuses } from '../status/status.js';

/** What the files of a program would change. */
export interface Change {
  readonly name: string;
  /** What its file is to the monitor. */
  readonly file: 'added' | 'changed' | 'removed' | 'rejected';
  /** What the monitor would do. `none`: what it does already, or nothing. */
  readonly action: 'start' | 'restart' | 'stop' | 'none';
  /** The top-level keys that differ from the version in force; of a file that is added none. */
  readonly keys: readonly string[];
  /** Whether a version of its file is in force now. */
  readonly inForce: boolean;
}

/** The same, and what would change if these files were in force. */
export interface DiffReport extends CheckReport {
  /** `null`: no monitor runs, so that nothing can be compared. */
  readonly diff: {
    readonly monitor: { readonly pid: number; readonly since: string; readonly version: string };
    /** By name. */
    readonly changes: readonly Change[];
    /** How many programs would stay as they are. */
    readonly unchanged: number;
  } | null;
}

/** Files that are to be compared as if they were put into the config directory. */
export interface Candidates {
  readonly files: readonly string[];
  /** The name that the one file is to have; default: its own, without `.new`. */
  readonly as?: string | undefined;
}

/**
 * Checks files, and compares them with what the monitor runs: all of the config directory, or those given.
 * Throws `EDIRECTORY` where something may not be read.
 */
export function checkDiff(places: Places, given?: Candidates): DiffReport {
  const judged = given === undefined ? judgeDirectory(places) : given.files.map((path) => candidate(path, given.as));
  const monitor = liveMonitor(places);
  if (monitor === undefined) return { ...reportOf(judged), diff: null };

  const paths = runtimePaths(places.messages);
  const { key, isRoot } = keyOf(paths);
  const statuses = new Map(writtenStatuses(paths.status).map((status) => [status.name, status]));
  const seen = judged.map((one) => refused(one, statuses.get(one.name), isRoot, given === undefined));
  const names = new Set(seen.map(({ name }) => name));
  // Of a program that never was good, or is being ended already, no version is in force.
  const removed = [...statuses.values()].filter(({ name, content }) => content !== null && !names.has(name));
  const found = [
    ...seen.map((one) => changeOf(one, statuses.get(one.name), key)),
    ...(given === undefined ? removed.map(removalOf) : []),
  ];
  const changes = found.filter((change) => change !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  const { pid, since, ncolony: version } = monitor;
  return {
    ...reportOf(seen),
    diff: { monitor: { pid, since, version }, changes, unchanged: found.length - changes.length },
  };
}

function candidate(path: string, as: string | undefined): JudgedFile {
  const name = as ?? basename(path).replace(/\.new$/, '');
  const fault = nameFault(name);
  if (fault === undefined) return judgeFile(path, name);
  return { path, name, faults: [{ code: 'ENAME', message: `the name ${JSON.stringify(name)} ${fault}` }] };
}

function keyOf({ contentKey, root }: { contentKey: string; root: string }): { key: string; isRoot: boolean } {
  try {
    return { key: readFileSync(contentKey, 'utf8').trim(), isRoot: statSync(contentKey).uid === 0 };
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `${root}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

/** What this monitor would refuse for other reasons than what the file says. */
function refused(
  judged: JudgedFile,
  status: ProgramStatusFile | undefined,
  isRoot: boolean,
  isInPlace: boolean,
): JudgedFile {
  if (judged.file === undefined) return judged;
  // Whose the file may be depends on how the monitor was started: it has said so of what is in its directory.
  const ownership = isInPlace && status?.error?.code === 'EOWNER' ? status.error : undefined;
  const fault = (isRoot ? undefined : userFault(judged.file.rights)) ?? ownership;
  const { path, name } = judged;
  return fault === undefined ? judged : { path, name, faults: [fault] };
}

function changeOf({ name, file }: JudgedFile, status: ProgramStatusFile | undefined, key: string): Change | undefined {
  const before = status?.content ?? null;
  const inForce = before !== null;
  if (file === undefined) return { name, file: 'rejected', action: 'none', keys: [], inForce };
  const isUp = file.spec.wanted === 'up';
  if (before === null) return { name, file: 'added', action: isUp ? 'start' : 'none', keys: [], inForce };
  const keys = differingKeys(before, contentDigests(key, file));
  return keys.length === 0 ? undefined : { name, file: 'changed', action: actionOf(file, status, keys), keys, inForce };
}

function actionOf({ spec }: ProgramFile, status: ProgramStatusFile | undefined, keys: readonly string[]) {
  const state = status?.state ?? 'stopped';
  if (spec.wanted === 'down') return state === 'stopped' ? 'none' : 'stop';
  const hasProcess = state === 'starting' || state === 'running' || state === 'killing';
  return hasProcess && keys.some((key) => key !== 'ncolony.wanted') ? 'restart' : 'start';
}

function removalOf({ name, state }: ProgramStatusFile): Change {
  return { name, file: 'removed', action: state === 'stopped' ? 'none' : 'stop', keys: [], inForce: true };
}

/** A report as lines for people. */
export function diffLines(report: DiffReport): string[] {
  if (report.diff === null) return checkLines(report);
  const { changes, unchanged } = report.diff;
  return [
    ...checkLines(report),
    ...changes.map((change) => printable(`${change.name}: ${changeText(change)}`)),
    // Where what was asked about changes, there is nothing to say of the rest.
    ...(unchanged === 0 && changes.length > 0
      ? []
      : [`${counted(unchanged, 'program')} would stay as ${unchanged === 1 ? 'it is' : 'they are'}.`]),
  ];
}

const actionTexts = { start: 'would be started', restart: 'would be restarted', stop: 'would be stopped' };

function changeText({ file, action, keys, inForce }: Change): string {
  if (file === 'rejected')
    return `would be rejected (${inForce ? 'the version before it stays in force' : 'no version of it is in force'})`;
  const what = file === 'changed' ? keys.join(', ') : `its file is ${file === 'added' ? 'new' : 'gone'}`;
  return action === 'none' ? `nothing would be done, it is down (${what})` : `${actionTexts[action]} (${what})`;
}
