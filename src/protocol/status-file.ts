import type { Exit, Fault, ProgramState, Wanted } from '../../machines/index.js';
import type { ContentDigests } from './content-digests.js';

/** What the monitor writes of one program, `status/NAME.json`. Times are ISO 8601 with milliseconds. */
export interface ProgramStatus {
  readonly name: string;
  /** `null`: its file never was good. */
  readonly state: ProgramState | null;
  readonly wanted: Wanted | null;
  readonly pid: number | null;
  /** When the present state was entered. */
  readonly since: string | null;
  /** When the present process was started. */
  readonly startedAt: string | null;
  /** The run id of the present process. */
  readonly run: string | null;
  readonly starts: number;
  /** Starts after the first. */
  readonly restarts: number;
  readonly instantDeaths: number;
  readonly lastExit: (Exit & { readonly at: string }) | null;
  /** When back-off ends. */
  readonly nextStartAt: string | null;
  /** When SIGKILL follows. */
  readonly killAt: string | null;
  readonly error: Fault | null;
  /** Why the file as it is now is not in force; `state` is then that of its last good version. */
  readonly rejected: Fault | null;
  /** Which content of the file is in force. */
  readonly revision: string | null;
  readonly group: readonly string[];
  readonly stragglers: readonly number[];
  /** The home of the colony that it is the monitor of; absent where it is none. */
  readonly colony?: string;
}

/** The file. */
export interface ProgramStatusFile extends ProgramStatus {
  readonly version: 1;
  /** The version of its file that is in force; `null`: none. */
  readonly content: ContentDigests | null;
}

/** `monitor.json`. It is written anew every `frequency`: one that is old is that of a monitor that hangs or cannot write. */
export interface MonitorStatus {
  readonly version: 1;
  readonly pid: number;
  readonly startTime: number;
  readonly since: string;
  /** In ms. */
  readonly frequency: number;
  /** The version of ncolony. */
  readonly ncolony: string;
}

/** Parses `status/NAME.json`; `undefined` where it is torn or of another version. */
export function parseProgramStatus(text: string): ProgramStatusFile | undefined {
  const value = parseVersioned(text, { rejected: null, revision: null });
  return value !== undefined && fits(value, programShape) ? (value as ProgramStatusFile) : undefined;
}

/** Parses `monitor.json`; `undefined` where it is torn or of another version. */
export function parseMonitorStatus(text: string): MonitorStatus | undefined {
  const value = parseVersioned(text, { frequency: Infinity });
  return value !== undefined && fits(value, monitorShape) ? (value as MonitorStatus) : undefined;
}

type Shape<T> = { readonly [TKey in keyof T]-?: (value: unknown) => boolean };

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isFault = (value: unknown) => fits(value, { code: isText, message: isText } satisfies Shape<Fault>);
const listOf = (fitsOne: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(fitsOne);
const orNull = (fitsOther: (value: unknown) => boolean) => (value: unknown) => value === null || fitsOther(value);

/** By hand, for `ctl` starts fast; and at all, for a colony below may be somebody else's. */
const programShape: Shape<ProgramStatus> = {
  name: isText,
  state: orNull(isText),
  wanted: orNull(isText),
  pid: orNull(isNumber),
  since: orNull(isText),
  startedAt: orNull(isText),
  run: orNull(isText),
  starts: isNumber,
  restarts: isNumber,
  instantDeaths: isNumber,
  lastExit: orNull((value) => fits(value, { code: orNull(isNumber), signal: orNull(isText), at: isText })),
  nextStartAt: orNull(isText),
  killAt: orNull(isText),
  error: orNull(isFault),
  rejected: orNull(isFault),
  revision: orNull(isText),
  group: listOf(isText),
  stragglers: listOf(isNumber),
  colony: (value) => value === undefined || isText(value),
};

const monitorShape: Shape<MonitorStatus> = {
  version: isNumber,
  pid: isNumber,
  startTime: isNumber,
  since: isText,
  frequency: isNumber,
  ncolony: isText,
};

function fits(value: unknown, shape: Readonly<Record<string, (value: unknown) => boolean>>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(shape).every(([key, fitsOne]) => fitsOne(Reflect.get(value, key)));
}

/** `younger`: what an older monitor did not write. */
function parseVersioned(text: string, younger: object): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isKnown = typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
    return isKnown ? { ...younger, ...value } : undefined;
  } catch {
    return undefined;
  }
}
