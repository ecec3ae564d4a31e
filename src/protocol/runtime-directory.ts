import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ColonyError, reasonOf, systemCode } from '../errors.js';

const name = '.ncolony';

/** The paths of the monitor's own runtime state, below the messages directory. */
export interface RuntimePaths {
  readonly root: string;
  /** The monitor itself. */
  readonly monitor: string;
  /** The key of the digests in the status files. */
  readonly contentKey: string;
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
  const root = join(messages, name);
  return {
    root,
    monitor: join(root, 'monitor.json'),
    contentKey: join(root, 'content-key'),
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
 * Throws `EDIRECTORY` where it, or a directory in it, is a link, no directory, somebody else's, or can be
 * written by others. One that others can merely read is closed to them.
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
    requireOwn(path, stats);
    if ((stats.mode & 0o077) !== 0) chmodSync(path, 0o700);
  }
}

/**
 * Does something in the runtime directory, or in a directory of it, by a path that leads nowhere else: whoever may write
 * the messages directory can put another directory, or a link, in its place at any moment.
 *
 * Throws `EDIRECTORY` or the system's error where it is not the monitor's own any more.
 */
export function inRuntimeDirectory<T>(directory: string, action: (path: string) => T): T {
  if (!hasDescriptorPaths) return action(directory);
  const outer = basename(directory) === name ? undefined : openOwn(dirname(directory));
  let inner: number;
  try {
    inner = openOwn(outer === undefined ? directory : join(pathOf(outer), basename(directory)));
  } finally {
    if (outer !== undefined) closeSync(outer);
  }
  try {
    return action(pathOf(inner));
  } finally {
    closeSync(inner);
  }
}

const hasDescriptorPaths = existsSync('/proc/self/fd');
const pathOf = (descriptor: number) => `/proc/self/fd/${descriptor}`;

function openOwn(path: string): number {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    requireOwn(path, fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function requireOwn(path: string, stats: Stats): void {
  if (!stats.isDirectory()) throw new ColonyError('EDIRECTORY', `${path}: is not a directory`);
  if (stats.uid !== process.geteuid?.()) throw new ColonyError('EDIRECTORY', `${path}: belongs to somebody else`);
  // What is in it may have been planted.
  if ((stats.mode & 0o022) !== 0) throw new ColonyError('EDIRECTORY', `${path}: can be written by others`);
}
