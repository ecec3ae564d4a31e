import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { ColonyError, systemCode } from '../../errors.js';
import type { NewProgram } from './add.js';

/** The options of `ctl add` as they were typed. */
export interface AddWords {
  readonly cmd: string;
  readonly arg?: readonly string[];
  readonly env?: readonly string[];
  readonly envInherit?: readonly string[];
  readonly uid?: string;
  readonly gid?: string;
  readonly group?: readonly string[];
  readonly extras?: string;
}

/** What the words mean. Throws `EUSAGE`, naming the option and never its value, which can be a secret. */
export function newProgram(words: AddWords): NewProgram {
  return {
    cmd: words.cmd,
    args: words.arg,
    env: words.env && Object.fromEntries(words.env.map(variable)),
    envInherit: words.envInherit,
    uid: integer('uid', words.uid),
    gid: integer('gid', words.gid),
    group: words.group,
    extras: words.extras === undefined ? undefined : extrasText(words.extras),
  };
}

function variable(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new ColonyError('EUSAGE', '--env: expected NAME=VALUE');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function integer(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d+$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new ColonyError('EUSAGE', `--${option}: expected a number`);
}

/** JSON itself, or a file of it: `@PATH`, or as in NColony `PATH`. */
function extrasText(text: string): string {
  if (text.trimStart().startsWith('{')) return text;
  const bytes = extrasFile(text);
  if (!isUtf8(bytes)) throw new ColonyError('EUSAGE', '--extras: the file is not UTF-8');
  return bytes.toString();
}

function extrasFile(text: string): Buffer {
  try {
    return readFileSync(text.replace(/^@/, ''));
  } catch (error) {
    const problem = text.startsWith('@')
      ? 'the file cannot be read'
      : 'neither a JSON object nor a file that can be read';
    throw new ColonyError('EUSAGE', `--extras: ${problem} (${systemCode(error)})`, { cause: error });
  }
}
