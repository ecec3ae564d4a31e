import { isUtf8 } from 'node:buffer';

/** The longest name of a program, in bytes of UTF-8: room is left for the suffixes of files named after it. */
export const maxNameBytes = 200;

// Half-written or forgotten files of writers and editors: never a program, never a message.
const unlisted = /^[.#]|(?:\.new|\.tmp|\.swp|~)$/;

// What is no name of an entry, though it may lead to one, or be written like one.
const noEntry = /^$|[/\0]|\p{Surrogate}/u;

/**
 * Whether a directory entry of that name is read at all. `name` may be bytes, where it can be told that they are not UTF-8,
 * and anything that somebody has asked for.
 */
export function isListedName(name: string | Buffer): boolean {
  if (Buffer.byteLength(name) > maxNameBytes) return false;
  if (typeof name !== 'string') return isUtf8(name) && isListedName(name.toString());
  return !noEntry.test(name) && !unlisted.test(name);
}

/** Why a program cannot be called so, in a few words; `undefined` where it can. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.includes('/')) return 'contains a slash';
  if (/\p{Cc}/u.test(name)) return 'contains a control character';
  if (/\p{Surrogate}/u.test(name)) return 'is not Unicode';
  if (/^[.#]/.test(name)) return `starts with ${name.slice(0, 1)}`;
  const suffix = unlisted.exec(name)?.[0];
  if (suffix !== undefined) return `ends in ${suffix}`;
  if (Buffer.byteLength(name) > maxNameBytes) return `is longer than ${maxNameBytes} bytes`;
  return undefined;
}
