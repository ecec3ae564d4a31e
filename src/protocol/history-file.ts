import type { Fact, Fault } from '../../machines/index.js';

/** What `history/NAME.jsonl` tells of one program: the facts of the machines, without the name. */
export type ProgramEvent =
  | Nameless<Extract<Fact, { readonly name: string }>>
  | { readonly type: 'config.added' }
  /** `asked`: the type of the message, or the signal. `error`: why it was not obeyed. */
  | { readonly type: 'message.judged'; readonly id: string; readonly asked: string; readonly error: Fault | null }
  /** More happened than could be remembered while the disk could not be written. */
  | { readonly type: 'history.gap' };

/** What `history/.monitor.jsonl` tells of the monitor; no program can be called so. */
export type MonitorEvent =
  /** `since` tells one monitor from another. */
  | { readonly type: 'monitor.started'; readonly pid: number; readonly since: string }
  | Extract<
      Fact,
      {
        readonly type:
          'supervisor.gave-up' | 'supervisor.stopping' | 'supervisor.stopped' | 'directory.lost' | 'directory.found';
      }
    >;

type Nameless<T> = T extends { readonly name: string } ? Omit<T, 'name'> : never;

/** A line: what happened, and when (ISO 8601 with milliseconds). */
export type HistoryEntry<Event = ProgramEvent | MonitorEvent> = Event & {
  readonly version: 1;
  readonly at: string;
  /** How long the process that died was there, in ms. */
  readonly lived?: number;
};

/** The name under `history/` of the monitor's own. */
export const monitorHistory = '.monitor.jsonl';

const suffix = '.jsonl';

/** The name under `history/` of a program's. */
export const historyFileOf = (name: string): string => name + suffix;

/** The program of which a file under `history/` tells; `undefined`: of none. */
export function programOfHistory(file: string): string | undefined {
  return file.endsWith(suffix) && !file.startsWith('.') ? file.slice(0, -suffix.length) : undefined;
}

const longLine = 2_048;
const mostMembers = 20;
const longestText = 300;

/** Entry → line. A list of a thousand pids or keys is cut. */
export function historyLine(entry: HistoryEntry): string {
  const line = JSON.stringify(entry);
  return `${line.length <= longLine ? line : JSON.stringify(entry, shortened)}\n`;
}

function shortened(_key: string, value: unknown): unknown {
  if (Array.isArray(value) && value.length > mostMembers) return [...(value.slice(0, mostMembers) as unknown[]), '…'];
  return typeof value === 'string' && value.length > longestText ? `${value.slice(0, longestText)}…` : value;
}

/** Lines → entries, the oldest first; what is torn or of another version says nothing. */
export function parseHistory<Event = ProgramEvent>(text: string): HistoryEntry<Event>[] {
  return text
    .split('\n')
    .map(parseLine)
    .filter((entry) => entry !== undefined) as HistoryEntry<Event>[];
}

function parseLine(line: string): object | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && 'version' in entry && entry.version === 1 && 'at' in entry
      ? entry
      : undefined;
  } catch {
    return undefined;
  }
}

/** The newest lines, at most half of the text. */
export function newestHalf(text: string): string {
  return text.slice(text.indexOf('\n', text.length / 2) + 1);
}
