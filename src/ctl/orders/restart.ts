import { ColonyError } from '../../errors.js';
import { sendMessage } from './messages.js';
import type { Places } from '../places.js';
import { glanceAt, listPrograms, requireProgram } from '../programs.js';

/** Asks for a restart of one program. Returns the message's id. Throws `EUNKNOWN`, `ENAME`, `EDIRECTORY`. */
export function restart(places: Places, name: string): string {
  requireProgram(places, name);
  return sendMessage(places, { type: 'RESTART', name });
}

/** Asks for a restart of all programs that are wanted up. Returns the message's id. Throws `EDIRECTORY`. */
export function restartAll(places: Pick<Places, 'messages'>): string {
  return sendMessage(places, { type: 'RESTART-ALL' });
}

/** Asks for a restart of the programs of a group. Returns the message's id. Throws `EUNKNOWN`, `EDIRECTORY`. */
export function restartGroup(places: Places, group: string): string {
  const glances = listPrograms(places).map((name) => glanceAt(places, name));
  // Of a file that cannot be read the version in force may be of it: the monitor knows.
  if (!glances.some(({ wanted, group: groups }) => wanted === null || groups.includes(group))) {
    throw new ColonyError('EUNKNOWN', `no program is of the group ${JSON.stringify(group)}`);
  }
  return sendMessage(places, { type: 'RESTART-GROUP', group });
}
