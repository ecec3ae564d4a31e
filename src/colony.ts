import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError, messageOf, reasonOf, systemCode } from './errors.js';
import type { MonitorOptions } from './options.js';
import { bootId } from './os/boot.js';
import { HeldDirectories } from './os/held-directories.js';
import { placeFault } from './os/trust.js';
import { unfinishedName } from './protocol/atomic-file.js';
import { identityOf } from './protocol/directory.js';
import { prepareRuntimeDirectory, runtimePaths, type RuntimePaths } from './protocol/runtime-directory.js';
import { parseRuns, type RecordedRuns } from './protocol/run-record.js';

/** The directories of a monitor, its own while it holds them. */
export interface Colony {
  readonly config: string;
  readonly messages: string;
  /** `device:inode` of the messages directory: by it a later monitor finds our processes. */
  readonly identity: string;
  readonly paths: RuntimePaths;
  /** What the monitor before this one started, where it did not live to end it. */
  readonly records: RecordedRuns;
  readonly held: HeldDirectories;
}

/** Every place that a monitor reads or writes, and whether whoever can write them is obeyed. */
type GivenPlaces = Pick<
  MonitorOptions,
  'config' | 'messages' | 'pid' | 'logs' | 'logfile' | 'pidfile' | 'record' | 'trustDirectories'
>;

/**
 * Takes the directories for this process, after a look at who else could write them.
 *
 * Rejects with a `ColonyError`: `EDIRECTORY` where one cannot be used, `ELOCKED` where another monitor has it.
 */
export async function openColony(options: GivenPlaces): Promise<Colony> {
  const config = existing(options.config, 'config');
  const messages = existing(options.messages, 'messages');
  const identity = identityOf(messages);
  if (identityOf(config) === identity) {
    throw new ColonyError('EDIRECTORY', `${config}: config and messages must be two directories`);
  }
  for (const option of ['pid', 'logs'] as const) requireApart(option, options[option], { config, messages });
  if (!options.trustDirectories) requireTrust(options);
  if (options.record !== undefined) requireFile(options.record, 'record');

  const held = new HeldDirectories();
  try {
    held.take(config);
    held.take(messages);
    const paths = runtimePaths(messages);
    prepareIfPossible(paths);
    clearRuntimeDirectory(paths);
    return { config, messages, identity, paths, records: readRecords(paths.runs), held };
  } catch (error) {
    held.release();
    throw error;
  }
}

function existing(path: string, option: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
    throw new Error('is not a directory');
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `--${option} ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** What is written there would be read as programs or messages, and deleted as what is left of earlier ones. */
function requireApart(option: string, path: string | undefined, read: Readonly<Record<string, string>>): void {
  if (path === undefined || !existsSync(path)) return;
  for (const [other, directory] of Object.entries(read)) {
    if (identityOf(path) !== identityOf(directory)) continue;
    throw new ColonyError('EDIRECTORY', `--${option} ${path}: ${option} and ${other} must be two directories`);
  }
}

/** A file that is written, be it there or not yet; a link to one is none. */
function requireFile(path: string, option: string): void {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? true) return;
    throw new Error('is not a regular file');
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `--${option} ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Root must not take orders from whoever happens to be able to write them, nor write where others lay traps. */
function requireTrust({ config, messages, pid, logs, logfile, pidfile, record }: GivenPlaces): void {
  if (process.geteuid?.() !== 0) return;
  for (const [option, path] of Object.entries({ config, messages, pid, logs, logfile, pidfile, record })) {
    const fault = path === undefined ? undefined : placeFault(path);
    if (fault === undefined) continue;
    throw new ColonyError(
      'EDIRECTORY',
      `--${option}: ${fault}: a monitor of root does not use it (see --trust-directories)`,
    );
  }
}

/** On a disk that is full or read-only the programs have to come up all the same: it is tried again later. */
function prepareIfPossible(paths: RuntimePaths): void {
  try {
    prepareRuntimeDirectory(paths);
  } catch (error) {
    const reason = error instanceof ColonyError ? systemCode(error.cause) : '';
    if (!['ENOSPC', 'EDQUOT', 'EROFS'].includes(reason)) throw error;
  }
}

/** What an earlier monitor wrote of its programs is history, and what it was about to write came to nothing. */
function clearRuntimeDirectory(paths: RuntimePaths): void {
  for (const directory of [paths.root, paths.status, paths.rejected, paths.replies, paths.history]) {
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const isHistory = directory === paths.status && name.endsWith('.json');
      if (isHistory || unfinishedName(name) !== undefined) removeIfPossible(join(directory, name));
    }
  }
}

function readRecords(path: string): RecordedRuns {
  try {
    return parseRuns(readFileSync(path, 'utf8'), bootId);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { runs: [], last: new Map() };
    throw new ColonyError('EDIRECTORY', `${path}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A disk that is read-only. It is of no use to anybody, and of no harm.
  }
}
