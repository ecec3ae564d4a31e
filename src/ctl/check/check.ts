import { basename, join } from 'node:path';
import type { Fault } from '../../../machines/index.js';
import { maxProgramFileBytes, readFileBytes, type FileBytes } from '../../protocol/file-bytes.js';
import { parseProgramFile, type ProgramFile } from '../../protocol/program-file.js';
import { printable } from '../../printable.js';
import type { Places } from '../places.js';
import { listPrograms } from '../programs.js';

/** What is said of a file: `message` is `key.path: what was expected`, and never quotes a value. */
export interface Finding {
  readonly file: string;
  readonly message: string;
}

/** What is wrong with program files, and what is odd. */
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
  return reportOf('config' in given ? judgeDirectory(given) : given.map((path) => judgeFile(path, basename(path))));
}

/** A file that was looked at. */
export interface JudgedFile {
  readonly path: string;
  /** The program that it is of, or would be. */
  readonly name: string;
  /** Where it is good. */
  readonly file?: ProgramFile;
  /** Where it is not. */
  readonly faults: readonly Fault[];
}

/** Looks at all files of the config directory that the monitor reads. Throws `EDIRECTORY`. */
export function judgeDirectory({ config }: Pick<Places, 'config'>): JudgedFile[] {
  return listPrograms({ config }).map((name) => judgeFile(join(config, name), name));
}

/** Looks at one file as if it were the one of the program `name`. */
export function judgeFile(path: string, name: string): JudgedFile {
  const read = readFileBytes(path, maxProgramFileBytes);
  if (read.kind !== 'bytes') return { path, name, faults: [unreadable(read)] };
  const parsed = parseProgramFile(name, read.bytes);
  return parsed.ok ? { path, name, file: parsed.file, faults: [] } : { path, name, faults: parsed.faults };
}

/** What a look at files has found. */
export function reportOf(judged: readonly JudgedFile[]): CheckReport {
  return {
    version: 1,
    checked: judged.length,
    faults: judged.flatMap(({ path, faults }) => faults.map(({ code, message }) => ({ file: path, code, message }))),
    warnings: judged.flatMap(({ path, file }) => (file?.warnings ?? []).map((message) => ({ file: path, message }))),
  };
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
