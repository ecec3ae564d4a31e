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
  return parseVersioned(text, { rejected: null, revision: null }) as ProgramStatusFile | undefined;
}

/** Parses `monitor.json`; `undefined` where it is torn or of another version. */
export function parseMonitorStatus(text: string): MonitorStatus | undefined {
  return parseVersioned(text, { frequency: Infinity }) as MonitorStatus | undefined;
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
