import { ColonyError } from '../../errors.js';
import { signalNamed } from '../../protocol/signal-names.js';
import { sendMessage } from './messages.js';
import type { Places } from '../places.js';
import { requireProgram } from '../programs.js';

/**
 * Asks for a signal (`HUP` and `SIGHUP` alike) to a program's main process. Returns the message's id.
 * Throws `EUSAGE` where there is no such signal, `EUNKNOWN`, `ENAME`, `EDIRECTORY`.
 */
export function signal(places: Places, name: string, signalName: string): string {
  const known = signalNamed(signalName);
  if (known === undefined) throw new ColonyError('EUSAGE', `${JSON.stringify(signalName)} is not the name of a signal`);
  requireProgram(places, name);
  return sendMessage(places, { type: 'SIGNAL', name, signal: known });
}
