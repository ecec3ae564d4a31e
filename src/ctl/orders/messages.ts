import { nanoid } from 'nanoid/non-secure';
import type { Message } from '../../../machines/index.js';
import { deposit } from './deposit.js';
import type { Places } from '../places.js';

/** Leaves a message for the monitor, which need not be running. Returns its id, the file's name. Throws `EDIRECTORY`. */
export function sendMessage({ messages }: Pick<Places, 'messages'>, message: Message): string {
  const id = `${timestamp()}-${nanoid(10)}`;
  deposit(messages, id, JSON.stringify(message));
  return id;
}

/**
 * A message that orders nothing: its reply tells that the monitor has read all files of programs that were there before
 * it. Returns its id.
 */
export function sendNothing(places: Pick<Places, 'messages'>): string {
  // Nobody is of a group that nobody can know of.
  return sendMessage(places, { type: 'RESTART-GROUP', group: `nobody/${nanoid()}` });
}

// Messages are obeyed in the order of their names: microseconds of the clock that all senders share, and within one
// process always later than the one before.
let latest = 0;
function timestamp(): string {
  latest = Math.max(latest + 1, Date.now() * 1000);
  return String(latest).padStart(16, '0');
}
