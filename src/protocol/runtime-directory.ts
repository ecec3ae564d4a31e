import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError, reasonOf, systemCode } from '../errors.js';

/** The paths of the monitor's own runtime state, below the messages directory. */
export interface RuntimePaths {
  readonly root: string;
  /** The monitor itself. */
  readonly monitor: string;
  /** `runs.jsonl`: the processes that were started, for the monitor after this one. */
  readonly runs: string;
  /** `status/NAME.json`, one a program. */
  readonly status: string;
  /** Messages that could not be obeyed, each with its reason beside it. */
  readonly rejected: string;
  /** What became of each message. */
  readonly replies: string;
  /** `history/NAME.jsonl`, one a program. */
  readonly history: string;
}

export function runtimePaths(messages: string): RuntimePaths {
  const root = join(messages, '.ncolony');
  return {
    root,
    monitor: join(root, 'monitor.json'),
    runs: join(root, 'runs.jsonl'),
    status: join(root, 'status'),
    rejected: join(root, 'rejected'),
    replies: join(root, 'replies'),
    history: join(root, 'history'),
  };
}

/**
 * Creates what is missing of the runtime directory and makes sure that it is the monitor's alone.
 *
 * Throws `EDIRECTORY` where it, or a directory in it, is a link, no directory, or somebody else's.
 */
export function prepareRuntimeDirectory(paths: RuntimePaths): void {
  for (const path of [paths.root, paths.status, paths.rejected, paths.replies, paths.history]) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') {
        throw new ColonyError('EDIRECTORY', `${path}: cannot be created (${reasonOf(error)})`, { cause: error });
      }
    }
    const stats = lstatSync(path);
    if (!stats.isDirectory()) throw new ColonyError('EDIRECTORY', `${path}: is not a directory`);
    if (stats.uid !== process.geteuid?.()) throw new ColonyError('EDIRECTORY', `${path}: belongs to somebody else`);
    if ((stats.mode & 0o077) !== 0) chmodSync(path, 0o700);
  }
}
