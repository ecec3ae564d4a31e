import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import type { Fault } from '../../machines/index.js';
import { messageOf, systemCode } from '../errors.js';

/** The largest program file, in bytes. */
export const maxProgramFileBytes = 64 * 1024;

/** The largest file that tells of a monitor or a program, in bytes: more than the largest program file makes of it. */
export const maxStatusBytes = 1024 * 1024;

/** How a file is opened that may be something else: nobody waits at a fifo. */
export const carefulReading = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A file that was read, or why it was not. `irregular`: a fifo, a directory, a device, a link to itself. */
export type FileBytes =
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly stats: BigIntStats }
  | { readonly kind: 'missing' }
  | { readonly kind: 'irregular' }
  | { readonly kind: 'unreadable'; readonly error: Fault };

/**
 * Reads a regular file, after following links, up to `limit` + 1 bytes (so that a longer one can be told).
 * Never blocks on a fifo and never throws.
 */
export function readFileBytes(path: string, limit: number): FileBytes {
  let descriptor: number;
  try {
    descriptor = openSync(path, carefulReading);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return { kind: 'missing' };
    if (code === 'ELOOP' || code === 'ENXIO' || code === 'ENOTDIR') return { kind: 'irregular' };
    return { kind: 'unreadable', error: { code, message: messageOf(error) } };
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile()) return { kind: 'irregular' };
    const buffer = Buffer.allocUnsafe(Math.min(Number(stats.size), limit) + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0 || length === buffer.length) break;
    }
    return { kind: 'bytes', bytes: buffer.subarray(0, length), stats };
  } catch (error) {
    return { kind: 'unreadable', error: { code: systemCode(error), message: messageOf(error) } };
  } finally {
    closeSync(descriptor);
  }
}
