import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nanoid } from 'nanoid';

export interface AtomicWrite {
  /** Permission bits of a new file; default 0600. */
  readonly mode?: number;
  /** Wait until the bytes are on the disk; default false. */
  readonly durable?: boolean;
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
  { mode = 0o600, durable = false }: AtomicWrite = {},
): void {
  const temporary = join(dirname(path), `.${basename(path)}.${nanoid(10)}.new`);
  const descriptor = openSync(temporary, 'wx', mode);
  try {
    try {
      writeFileSync(descriptor, data);
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}
