import { closeSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nanoid } from 'nanoid/non-secure';

export interface AtomicWrite {
  /** Permission bits of a new file; default 0600. */
  readonly mode?: number;
  /** Wait until the file is on the disk under its name; default false. */
  readonly durable?: boolean;
  /** Whose file it becomes; default the writer's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Puts a file into place whole or not at all, replacing what has that name (a link, not what it points to).
 *
 * The temporary file's name starts with a dot and ends in `.new`, so that neither NColony nor ncolony reads it; it is
 * opened exclusively, so that nothing planted is followed. Throws what the file system says, and leaves nothing behind.
 */
export function writeFileAtomically(
  path: string,
  data: string,
  { mode = 0o600, durable = false, owner }: AtomicWrite = {},
): void {
  const temporary = join(dirname(path), `.${basename(path)}.${nanoid(10)}.new`);
  const descriptor = openSync(temporary, 'wx', mode);
  try {
    try {
      if (owner) fchownSync(descriptor, owner.uid, owner.gid);
      writeFileSync(descriptor, data);
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (durable) syncDirectory(dirname(path));
}

/** The name of the file that a writer was about to put into place when it was killed and left this `entry`. */
export function unfinishedName(entry: string): string | undefined {
  return /^\.(.+)\.[\w-]{10}\.new$/s.exec(entry)?.[1];
}

// A new name is on the disk only when its directory is. A drop box can be written but not opened, and some file systems
// refuse: the file is in place by then, so that is no reason to fail.
function syncDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return;
  }
}
