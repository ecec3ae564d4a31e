import { basename, join } from 'node:path';
import type { Fault } from '../../machines/index.js';
import { maxProgramFileBytes, readFileBytes, type FileBytes } from '../protocol/file-bytes.js';
import { parseProgramFile } from '../protocol/program-file.js';
import { printable } from '../printable.js';
import type { Places } from './places.js';
import { listPrograms } from './programs.js';

/** What is said of a file: `message` is `key.path: what was expected`, and never quotes a value. */
export interface Finding {
  readonly file: string;
  readonly message: string;
}

export interface CheckReport {
  readonly version: 1;
  /** How many files were looked at. */
  readonly checked: number;
  /** Why the monitor would reject a file. */
  readonly faults: readonly (Finding & { readonly code: string })[];
  /** What it would accept, but is likely misspelt. */
  readonly warnings: readonly Finding[];
}

/** Checks files as the monitor would: those given, or all of the config directory. Throws `EDIRECTORY`. */
export function check(given: Pick<Places, 'config'> | readonly string[]): CheckReport {
  const files = 'config' in given ? listPrograms(given).map((name) => join(given.config, name)) : given;
  const faults: (Finding & Fault)[] = [];
  const warnings: Finding[] = [];
  for (const file of files) {
    const read = readFileBytes(file, maxProgramFileBytes);
    if (read.kind !== 'bytes') {
      faults.push({ file, ...unreadable(read) });
      continue;
    }
    const parsed = parseProgramFile(basename(file), read.bytes);
    if (parsed.ok) warnings.push(...parsed.file.warnings.map((message) => ({ file, message })));
    else faults.push(...parsed.faults.map(({ code, message }) => ({ file, code, message })));
  }
  return { version: 1, checked: files.length, faults, warnings };
}

function unreadable(read: Exclude<FileBytes, { kind: 'bytes' }>): Fault {
  if (read.kind === 'missing') return { code: 'ENOENT', message: 'there is no such file' };
  if (read.kind === 'irregular') return { code: 'EINVAL', message: 'not a regular file' };
  return { code: read.error.code, message: `cannot be read (${read.error.code})` };
}

/** A report as lines for people. */
export function checkLines({ checked, faults, warnings }: CheckReport): string[] {
  const line = ({ file, message }: Finding, kind = '') => printable(`${file}: ${kind}${message}`);
  return [
    ...faults.map((fault) => line(fault)),
    ...warnings.map((warning) => line(warning, 'warning: ')),
    ...(faults.length === 0 ? [`${checked} ${checked === 1 ? 'file is' : 'files are'} good.`] : []),
  ];
}
