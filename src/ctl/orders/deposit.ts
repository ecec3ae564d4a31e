import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError, reasonOf } from '../../errors.js';
import { writeFileAtomically } from '../../protocol/atomic-file.js';

interface Manner {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Puts a file into one of the colony's directories, whole and on the disk: in the manner of the file that it replaces
 * where one is given, else with mode 0600. Throws `EDIRECTORY`.
 */
export function deposit(directory: string, name: string, text: string, replaced?: Manner): void {
  try {
    // What root deposits with mode 0600 would be unreadable to a monitor that is not root.
    const owner = process.geteuid?.() === 0 ? (replaced ?? statSync(directory)) : undefined;
    const mode = (replaced?.mode ?? 0o600) & 0o777;
    writeFileAtomically(join(directory, name), text, { mode, owner, durable: true });
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `${directory}: cannot be written (${reasonOf(error)})`, { cause: error });
  }
}
