import { readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError, messageOf } from './errors.js';
import type { MonitorOptions } from './options.js';
import { bootId } from './os/boot.js';
import { lockDirectory } from './os/directory-lock.js';
import { placeFault } from './os/trust.js';
import { identityOf } from './protocol/directory.js';
import { prepareRuntimeDirectory, runtimePaths, type RuntimePaths } from './protocol/runtime-directory.js';
import { parseProgramStatus, type ProcessRecord } from './protocol/status-file.js';

/** The directories of a monitor, its own while it holds them. */
export interface Colony {
  readonly config: string;
  readonly messages: string;
  /** `device:inode` of the messages directory: by it a later monitor finds our processes. */
  readonly identity: string;
  readonly paths: RuntimePaths;
  /** The main processes that the last monitor had when it last wrote, by the name of their program. */
  readonly records: ReadonlyMap<string, ProcessRecord>;
  readonly release: () => void;
}

/**
 * Takes the directories for this process, after a look at who else could write them.
 *
 * Rejects with a `ColonyError`: `EDIRECTORY` where one cannot be used, `ELOCKED` where another monitor has it.
 */
export async function openColony(options: MonitorOptions): Promise<Colony> {
  const config = existing(options.config, 'config');
  const messages = existing(options.messages, 'messages');
  const identity = identityOf(messages);
  if (identityOf(config) === identity) {
    throw new ColonyError('EDIRECTORY', `${config}: config and messages must be two directories`);
  }
  if (!options.trustDirectories) requireTrust(options);

  const locks = [lockDirectory(config)];
  const release = () => locks.forEach((lock) => lock.release());
  try {
    locks.push(lockDirectory(messages));
    const paths = runtimePaths(messages);
    prepareRuntimeDirectory(paths);
    return { config, messages, identity, paths, records: readRecords(paths.status), release };
  } catch (error) {
    release();
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

/** Root must not take orders from whoever happens to be able to write them, nor write where others lay traps. */
function requireTrust({ config, messages, pid, logs, logfile, pidfile }: MonitorOptions): void {
  if (process.geteuid?.() !== 0) return;
  for (const [option, path] of Object.entries({ config, messages, pid, logs, logfile, pidfile })) {
    const fault = path === undefined ? undefined : placeFault(path);
    if (fault === undefined) continue;
    throw new ColonyError(
      'EDIRECTORY',
      `--${option}: ${fault}: a monitor of root does not use it (see --trust-directories)`,
    );
  }
}

/** What does not belong to this boot of the machine is history, and is removed. */
function readRecords(directory: string): Map<string, ProcessRecord> {
  const records = new Map<string, ProcessRecord>();
  for (const name of readdirSync(directory).filter((entry) => entry.endsWith('.json'))) {
    const status = parseProgramStatus(readFileSync(join(directory, name), 'utf8'));
    if (status?.process && status.process.boot === bootId) records.set(status.name, status.process);
    else rmSync(join(directory, name), { force: true });
  }
  return records;
}
