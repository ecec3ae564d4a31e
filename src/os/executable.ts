import { accessSync, constants, statSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { systemCode } from '../errors.js';

/** Where a name is looked up when a program has no PATH: as execvp(3) does. */
const defaultPath = '/bin:/usr/bin';

/**
 * The file that a command's first word means, looked up in `path` as execvp(3) would: a word with a slash is a path.
 * Throws an error with the code `EACCES` where there are only files that cannot be executed, else `ENOENT`.
 */
export function findExecutable(word: string, path: string | undefined): string {
  if (word.includes('/')) return word;
  let code = 'ENOENT';
  for (const directory of (path ?? defaultPath).split(':')) {
    const candidate = join(directory || '.', word);
    const fault = faultOf(candidate);
    if (fault === undefined) return candidate;
    if (fault === 'EACCES') code = fault;
  }
  const errno = code === 'EACCES' ? -os.errno.EACCES : -os.errno.ENOENT;
  throw Object.assign(new Error(getSystemErrorMap().get(errno)?.[1]), { code, errno });
}

function faultOf(candidate: string): string | undefined {
  try {
    accessSync(candidate, constants.X_OK);
    return statSync(candidate).isFile() ? undefined : 'EACCES';
  } catch (error) {
    return systemCode(error);
  }
}
