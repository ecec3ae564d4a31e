import { createHash } from 'node:crypto';
import { constants } from 'node:os';
import { z } from 'zod';
import type { Fault, ProgramSpec } from '../../machines/index.js';
import { defaultStop } from '../../machines/program-spec.js';
import { canonicalJson, canonicalMembers } from './canonical-json.js';
import { maxDelay } from './durations.js';
import { maxProgramFileBytes } from './file-bytes.js';
import { decodeJson } from './json-bytes.js';
import { bytesOf, defaultLogManner, sizePattern, type LogManner } from './log-settings.js';
import type { Rights } from './rights.js';
import { pathStep, schemaFault } from './schema-fault.js';

/** A file that nests deeper is refused: comparing two versions walks all of them. */
const maxDepth = 100;

// NUL in the spelling that the regular expressions of all editors know.
/* oxlint-disable no-control-regex */
const text = z.string().regex(/^[^\u0000]*$/, 'expected a string without NUL');
const variable = z.string().regex(/^[^=\u0000]+$/, 'expected the name of a variable');
/* oxlint-enable no-control-regex */
const id = z.int().min(0).max(4_294_967_294);
const signalName = z.enum(Object.keys(constants.signals), 'expected the name of a signal, such as SIGTERM');
const limitName = z.enum(
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
);
const seconds = z
  .number()
  .min(0)
  .max(maxDelay / 1000);
const size = z.string().regex(sizePattern, 'expected a size, such as "10M"');

/** The shape of a program's file; the JSON Schema for editors is generated from it. Keys that it does not name are extras. */
export const programFileSchema = z.looseObject({
  args: z
    .array(text)
    .min(1)
    .refine((args) => args[0] !== '', 'expected an executable as first element')
    .describe('The command: the executable, looked up in the PATH of the own env, and its arguments. Never a shell.'),
  env: z.record(variable, text).optional().describe('The environment of the process.'),
  env_inherit: z
    .array(variable)
    .optional()
    .describe("Variables taken over from the monitor's environment; one that is not set becomes the empty string."),
  uid: id.optional().describe('The user to run as, by number; only by a monitor that runs as root.'),
  gid: id.optional().describe('The group to run as, by number; default: the primary group of the user.'),
  group: z.array(z.string()).optional().describe('The groups of programs that it is of, for restart-group.'),
  'ncolony.wanted': z
    .enum(['up', 'down'])
    .optional()
    .describe('Whether it is to run; default up. What ctl start and ctl stop write.'),
  'ncolony.colony': text
    .regex(/^\//, 'expected an absolute path')
    .optional()
    .describe(
      'The home of the colony that it is the monitor of (ncolony monitor --home): its programs are shown below it.',
    ),
  'ncolony.user': text.min(1).optional().describe('The user to run as, by name, with its groups.'),
  'ncolony.cwd': text
    .regex(/^\//, 'expected an absolute path')
    .optional()
    .describe('Where it runs, an absolute path; default: where the monitor does.'),
  'ncolony.umask': z
    .string()
    .regex(/^0?[0-7]{3}$/, 'expected three octal digits, such as "022"')
    .optional()
    .describe('Permission bits that its new files do not get, such as "027".'),
  'ncolony.limits': z
    .partialRecord(limitName, z.union([z.int().min(0), z.literal('unlimited')]))
    .optional()
    .describe('Resource limits, by the names of prlimit(1): {"nofile": 1024, "core": "unlimited"}.'),
  'ncolony.pdeathsig': signalName.optional().describe('The signal that it gets when the monitor dies.'),
  'ncolony.log': z
    .strictObject({
      to: z
        .enum(['file', 'none', 'direct'])
        .optional()
        .describe('Where its output goes: through the monitor (default), nowhere, or straight into the file.'),
      stderr: z
        .enum(['same', 'own', 'none'])
        .optional()
        .describe('Its standard error: into the same file (default), one of its own, or nowhere.'),
      size: size.optional().describe('A file that has reached this size is rotated: bytes, or such as "10M".'),
      age: seconds.optional().describe('Seconds after which a file is rotated; 0: never.'),
      keep: z.int().min(0).optional().describe('How many rotated files are kept.'),
      total: size.optional().describe('How much all its files may take together.'),
      gzip: z.boolean().optional().describe('Whether rotated files are compressed.'),
      stamps: z.boolean().optional().describe('Whether each line begins with the time, in ISO 8601.'),
    })
    .optional()
    .describe('Its log, where the monitor has --logs.'),
  'ncolony.stop': z
    .strictObject({
      signal: signalName.optional().describe('The first signal; default SIGTERM.'),
      killtime: seconds.optional().describe("Seconds until SIGKILL; default: the monitor's killtime."),
      tree: z
        .boolean()
        .optional()
        .describe('Whether the first signal goes to the whole process group (default), or to the main process alone.'),
    })
    .optional()
    .describe('How it is stopped.'),
});

/** A program's file, parsed. */
export type ProgramFileContent = z.infer<typeof programFileSchema>;

/** A good program file: what the machine may know, and the text, from which the environment is made at spawn. */
export interface ProgramFile {
  readonly spec: ProgramSpec;
  /** The file's own text; it becomes `NCOLONY_CONFIG`, byte for byte. */
  readonly text: string;
  /** As whom, and within which limits. */
  readonly rights: Rights;
  /** What becomes of its output. */
  readonly log: LogManner;
  /** Typing errors that harm nothing: unknown `ncolony.` keys. */
  readonly warnings: readonly string[];
}

/** A program file, or what is wrong with it. */
export type ParsedProgramFile =
  | { readonly ok: true; readonly file: ProgramFile }
  /** `unfinished`: a writer may still be at work (the file is empty or breaks off). `faults`: all; `error` is the first. */
  | { readonly ok: false; readonly error: Fault; readonly faults: readonly Fault[]; readonly unfinished: boolean };

/** Parses a program's file. Never throws; codes: `EEMPTY`, `EENCODING`, `ESIZE`, `ESYNTAX`, `ESCHEMA`. */
export function parseProgramFile(name: string, bytes: Buffer): ParsedProgramFile {
  const decoded = decodeJson(bytes, maxProgramFileBytes);
  if (!decoded.ok) return { ...decoded, faults: [decoded.error] };
  if (isDeeper(decoded.value, maxDepth)) return refuse([`nested deeper than ${maxDepth} levels`]);
  const parsed = programFileSchema.safeParse(decoded.value);
  if (!parsed.success) return refuse(parsed.error.issues.map(schemaFault));
  const content = parsed.data;
  return { ok: true, file: { ...describe(name, content, decoded.text), warnings: unknownKeys(content) } };
}

function refuse(messages: readonly string[]): ParsedProgramFile {
  const faults = messages.map((message) => ({ code: 'ESCHEMA', message }));
  return {
    ok: false,
    error: faults[0] ?? { code: 'ESCHEMA', message: 'not a program file' },
    faults,
    unfinished: false,
  };
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1));
}

/** The content of a file that was accepted before, for those who need more than its spec. */
export function contentOf(file: ProgramFile): ProgramFileContent {
  return programFileSchema.parse(JSON.parse(file.text));
}

/** The top-level keys in which two good versions differ. */
export function changedKeys(before: ProgramFile, after: ProgramFile): readonly string[] {
  const old = canonicalMembers(before.text);
  const now = canonicalMembers(after.text);
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key));
}

function describe(name: string, content: ProgramFileContent, text: string): Omit<ProgramFile, 'warnings'> {
  const stop = content['ncolony.stop'];
  return {
    spec: {
      name,
      args: content.args,
      groups: content.group ?? [],
      wanted: content['ncolony.wanted'] ?? 'up',
      stop: {
        signal: stop?.signal ?? defaultStop.signal,
        killtime: stop?.killtime === undefined ? undefined : Math.round(stop.killtime * 1000),
        tree: stop?.tree ?? defaultStop.tree,
      },
      revision: revisionOf(text),
      ...(content['ncolony.colony'] !== undefined && { colony: content['ncolony.colony'] }),
    },
    text,
    rights: rightsOf(content),
    log: logMannerOf(content['ncolony.log']),
  };
}

function rightsOf(content: ProgramFileContent): Rights {
  const { uid, gid } = content;
  const [name, umask, directory] = [content['ncolony.user'], content['ncolony.umask'], content['ncolony.cwd']];
  const [limits, deathSignal] = [content['ncolony.limits'], content['ncolony.pdeathsig']];
  return {
    ...((uid ?? gid ?? name) !== undefined && { user: { uid, gid, name } }),
    ...(directory !== undefined && { directory }),
    ...(umask !== undefined && { umask: Number.parseInt(umask, 8) }),
    ...(limits !== undefined && { limits }),
    ...(deathSignal !== undefined && { deathSignal: deathSignal as NodeJS.Signals }),
  };
}

function logMannerOf(log: ProgramFileContent['ncolony.log']): LogManner {
  if (log === undefined) return defaultLogManner;
  const { to = defaultLogManner.to, stderr = defaultLogManner.stderr, size, total, age, ...rest } = log;
  const limits = {
    ...rest,
    size: size === undefined ? undefined : bytesOf(size),
    total: total === undefined ? undefined : bytesOf(total),
    age: age === undefined ? undefined : Math.round(age * 1000),
  };
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { to, stderr, limits: Object.fromEntries(given) };
}

/** Equal for texts that differ only in white space, the order of keys, or `ncolony.wanted`. */
function revisionOf(text: string): string {
  return createHash('sha256').update(canonicalJson(text, 'ncolony.wanted')).digest('base64url').slice(0, 22);
}

function unknownKeys(content: ProgramFileContent): string[] {
  return Object.keys(content)
    .filter((key) => key.startsWith('ncolony.') && !(key in programFileSchema.shape))
    .map((key) => `${pathStep(key)}: not a key that ncolony knows`);
}
