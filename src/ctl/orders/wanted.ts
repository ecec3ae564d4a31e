import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseTree } from 'jsonc-parser';
import type { ProgramSpec, Wanted } from '../../../machines/index.js';
import { ColonyError } from '../../errors.js';
import { maxProgramFileBytes, readFileBytes } from '../../protocol/file-bytes.js';
import { parseProgramFile } from '../../protocol/program-file.js';
import { deposit } from './deposit.js';
import { sendMessage } from './messages.js';
import type { Places } from '../places.js';
import { requireProgram } from '../programs.js';

/** Wants a program down, for good: its file says so. Throws `EUNKNOWN`, `ENAME`, `EDIRECTORY`; `ESCHEMA` for a bad file. */
export function stop(places: Pick<Places, 'config'>, name: string): void {
  setWanted(places, name, 'down');
}

/** Wants a program up, for good, and now: a back-off ends. Returns the message's id. Throws as `stop` does. */
export function start(places: Places, name: string): string {
  setWanted(places, name, 'up');
  return sendMessage(places, { type: 'START', name });
}

/** The revision of a good program file. Throws as `stop` does. */
export function revisionInForce(places: Pick<Places, 'config'>, name: string): string {
  requireProgram(places, name);
  const { path, bytes } = readProgram(places, name);
  return specOf(path, bytes).revision;
}

function setWanted(places: Pick<Places, 'config'>, name: string, wanted: Wanted): void {
  requireProgram(places, name);
  const { path, bytes } = readProgram(places, name);
  if (specOf(path, bytes).wanted === wanted) return;
  const after = wantedIn(bytes.toString(), wanted);
  specOf(path, Buffer.from(after));
  deposit(dirname(path), basename(path), after, statSync(path));
}

function readProgram(places: Pick<Places, 'config'>, name: string): { readonly path: string; readonly bytes: Buffer } {
  // A link stays a link: what it points to is edited.
  const path = realpathSync(join(places.config, name));
  const file = readFileBytes(path, maxProgramFileBytes);
  if (file.kind !== 'bytes') throw new ColonyError('EDIRECTORY', `${path}: cannot be read (${file.kind})`);
  return { path, bytes: file.bytes };
}

function specOf(path: string, bytes: Buffer): ProgramSpec {
  const parsed = parseProgramFile(basename(path), bytes);
  if (!parsed.ok) throw new ColonyError('ESCHEMA', `${path}: ${parsed.error.message}`);
  return parsed.file.spec;
}

const key = 'ncolony.wanted';

/** The text of a good program file with another `ncolony.wanted` and every other byte as it was. */
function wantedIn(text: string, wanted: Wanted): string {
  const members = parseTree(text)?.children ?? [];
  // Of keys that are written twice the last one counts.
  const value = members.findLast((member) => member.children?.[0]?.value === key)?.children?.[1];
  if (value) return splice(text, value.offset, value.length, JSON.stringify(wanted));
  const last = members.at(-1);
  if (last === undefined) return text;
  const separator = /\s*$/.exec(text.slice(0, last.offset))?.[0] ?? '';
  return splice(text, last.offset + last.length, 0, `,${separator}${JSON.stringify(key)}: ${JSON.stringify(wanted)}`);
}

function splice(text: string, offset: number, length: number, inserted: string): string {
  return text.slice(0, offset) + inserted + text.slice(offset + length);
}
