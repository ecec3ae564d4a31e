import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import type { Fault } from '../../machines/index.js';
import { messageOf, systemCode } from '../errors.js';

/** A file that was read, or why it was not. `irregular`: a fifo, a directory, a device, a link to nothing. */
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
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
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

export type Decoded =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly error: Fault; readonly unfinished: boolean };

/** Bytes → UTF-8 → JSON. Codes: `ESIZE`, `EEMPTY`, `EENCODING`, `ESYNTAX`. */
export function decodeFile(bytes: Buffer, limit: number): Decoded {
  const fault = (code: string, message: string, unfinished: boolean): Decoded => ({
    ok: false,
    error: { code, message },
    unfinished,
  });
  if (bytes.length > limit) return fault('ESIZE', `larger than ${limit} bytes`, false);
  if (bytes.length === 0) return fault('EEMPTY', 'the file is empty', true);
  if (!isUtf8(bytes)) return fault('EENCODING', 'not UTF-8', true);
  const text = bytes.toString();
  try {
    return { ok: true, value: JSON.parse(text) as unknown, text };
  } catch (error) {
    return fault('ESYNTAX', syntaxFault(messageOf(error), text), true);
  }
}

// V8 quotes the text around the fault, and the text of a program's file can hold a secret.
function syntaxFault(message: string, text: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return 'not JSON: it breaks off';
  const before = text.slice(0, Number(position)).split('\n');
  return `not JSON: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
