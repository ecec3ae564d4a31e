import { parseTree } from 'jsonc-parser';
import { ColonyError } from '../../errors.js';
import { nameFault } from '../../protocol/file-names.js';
import { parseProgramFile, type ProgramFile } from '../../protocol/program-file.js';
import { deposit } from './deposit.js';
import type { Places } from '../places.js';
import { badName } from '../programs.js';

/** What a new program is to be. */
export interface NewProgram {
  /** The executable. */
  readonly cmd: string;
  /** What follows it in argv. */
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly envInherit?: readonly string[] | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly group?: readonly string[] | undefined;
  /** More keys of the file, as JSON text or as an object. They win over the above. */
  readonly extras?: string | Readonly<Record<string, unknown>> | undefined;
}

/**
 * Adds a program to the colony, or replaces the one of that name. Returns warnings: keys that are likely misspelt.
 * Throws as `programFile` does before anything is written, and `EDIRECTORY` where it cannot be written.
 */
export function add({ config }: Pick<Places, 'config'>, name: string, program: NewProgram): readonly string[] {
  const { text, warnings } = programFile(name, program);
  deposit(config, name, text);
  return warnings;
}

/** The file of a new program. Throws `ENAME` or `EUSAGE` where a monitor would not accept it. */
export function programFile(name: string, program: NewProgram): ProgramFile {
  const fault = nameFault(name);
  if (fault !== undefined) throw badName(name, fault);
  const parsed = parseProgramFile(name, Buffer.from(programText(program)));
  if (!parsed.ok) throw new ColonyError('EUSAGE', parsed.error.message);
  return parsed.file;
}

// In the order of NColony's ctllib, a key a line.
function programText(program: NewProgram): string {
  const members = new Map<string, string>();
  const say = (key: string, value: unknown) => {
    if (value !== undefined) members.set(key, JSON.stringify(value));
  };
  say('args', [program.cmd, ...(program.args ?? [])]);
  say('env', program.env);
  say('uid', program.uid);
  say('gid', program.gid);
  say('env_inherit', program.envInherit);
  say('group', program.group);
  for (const [key, json] of membersOf(program.extras ?? {})) members.set(key, json);
  const lines = [...members].map(([key, json]) => `  ${JSON.stringify(key)}: ${json}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Key and JSON text of each member: a number of 20 digits goes into the file as it was given. */
function membersOf(extras: string | object): [string, string][] {
  const text = typeof extras === 'string' ? extras : JSON.stringify(extras);
  if (!isJsonObject(text)) throw new ColonyError('EUSAGE', 'extras: expected a JSON object');
  return (parseTree(text)?.children ?? []).map(({ children: [key, value] = [] }) => [
    String(key?.value),
    text.slice(value?.offset, (value?.offset ?? 0) + (value?.length ?? 0)),
  ]);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
