import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError, reasonOf, systemCode } from '../../errors.js';
import type { Places } from '../places.js';
import { requireProgram, unknownProgram } from '../programs.js';

/** Takes a program out of the colony: the monitor ends what runs of it. Throws `EUNKNOWN`, `ENAME`, `EDIRECTORY`. */
export function remove(places: Pick<Places, 'config'>, name: string): void {
  requireProgram(places, name);
  try {
    unlinkSync(join(places.config, name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw unknownProgram(name);
    throw new ColonyError('EDIRECTORY', `${places.config}: cannot be written (${reasonOf(error)})`, { cause: error });
  }
}
