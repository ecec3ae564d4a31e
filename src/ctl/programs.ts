import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Wanted } from '../../machines/index.js';
import { ColonyError, reasonOf } from '../errors.js';
import { maxProgramFileBytes, readFileBytes } from '../protocol/file-bytes.js';
import { isListedName, nameFault } from '../protocol/file-names.js';
import type { Places } from './places.js';

type Config = Pick<Places, 'config'>;

/** The names of all programs, good or bad: the regular files that the monitor reads. Throws `EDIRECTORY`. */
export function listPrograms({ config }: Config): string[] {
  return reading(config, () =>
    readdirSync(config, { withFileTypes: true, encoding: 'buffer' })
      .filter((entry) => isListedName(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
      .map((entry) => ({ name: entry.name.toString(), isLink: entry.isSymbolicLink() }))
      .filter(({ name, isLink }) => !isLink || isRegular(join(config, name)))
      .map(({ name }) => name)
      .sort(),
  );
}

/** Throws `ENAME` where no program can be called so, `EUNKNOWN` where none is, `EDIRECTORY` where that cannot be told. */
export function requireProgram(places: Config, name: string): void {
  if (isProgram(places, name)) return;
  const fault = nameFault(name);
  if (fault !== undefined) throw badName(name, fault);
  throw unknownProgram(name);
}

/** Whether a program has a file. Throws `EDIRECTORY` where that cannot be told. */
export function isProgram({ config }: Config, name: string): boolean {
  return isListedName(name) && reading(config, () => statSync(config).isDirectory() && isRegular(join(config, name)));
}

export function badName(name: string, fault: string): ColonyError {
  return new ColonyError('ENAME', `the name ${JSON.stringify(name)} ${fault}`);
}

export function unknownProgram(name: string): ColonyError {
  return new ColonyError('EUNKNOWN', `there is no program ${JSON.stringify(name)}`);
}

/** What a program's file says, where it can be told without judging the whole of it. */
export interface Glance {
  readonly wanted: Wanted | null;
  readonly group: readonly string[];
}

/** Looks into a program's file; never throws. */
export function glanceAt({ config }: Config, name: string): Glance {
  const file = readFileBytes(join(config, name), maxProgramFileBytes);
  const content = file.kind === 'bytes' ? parseObject(file.bytes.toString()) : undefined;
  if (content === undefined) return { wanted: null, group: [] };
  const group: unknown = Reflect.get(content, 'group');
  return {
    wanted: Reflect.get(content, 'ncolony.wanted') === 'down' ? 'down' : 'up',
    group: Array.isArray(group) ? group.filter((member) => typeof member === 'string') : [],
  };
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function reading<T>(directory: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ColonyError('EDIRECTORY', `${directory}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

function isRegular(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false; // a loop of links
  }
}
