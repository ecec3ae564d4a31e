import { closeSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../errors.js';

let buffer = Buffer.allocUnsafe(64 * 1024);

// Anything else is no answer, least of all "gone".
const absent = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

/**
 * A file of /proc, whole; the result is only good until the next call. `undefined`: what does not exist (any more), and
 * what is not for our eyes. Throws when that cannot be told (no descriptors left).
 *
 * `isOneRecord`: it is one, which the kernel gives at once; of a list it may give a part, and ends it with an empty one.
 */
export function readProc(path: string, { isOneRecord = false } = {}): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (absent.has(systemCode(error))) return undefined;
    throw error;
  }
  try {
    for (let length = 0; ;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0 || (isOneRecord && length < buffer.length)) return buffer.subarray(0, length);
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(length)]);
    }
  } catch (error) {
    if (absent.has(systemCode(error))) return undefined;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
