import { isUtf8 } from 'node:buffer';
import { visit } from 'jsonc-parser';
import type { Fault } from '../../machines/index.js';

export type Decoded =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  /** `unfinished`: a writer may still be at work. */
  | { readonly ok: false; readonly error: Fault; readonly unfinished: boolean };

/** Bytes → UTF-8 → JSON. Codes: `ESIZE`, `EEMPTY`, `EENCODING`, `ESYNTAX`. */
export function decodeJson(bytes: Buffer, limit: number): Decoded {
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
  } catch {
    return fault('ESYNTAX', syntaxFault(text), true);
  }
}

// Not V8's own words: they quote the text around the fault, which can hold a secret, and often lack its place.
function syntaxFault(text: string): string {
  let place = '';
  const onError = (_code: number, _offset: number, _length: number, line: number, character: number) => {
    place ||= `: line ${line + 1}, column ${character + 1}`;
  };
  try {
    visit(text, { onError }, { disallowComments: true, allowTrailingComma: false });
  } catch {
    return 'not JSON, and nested too deep to say where';
  }
  return `not JSON${place}`;
}
