import { styleText } from 'node:util';
import type { ProgramState } from '../../../machines/index.js';
import { printable } from '../../printable.js';
import type { NestedStatus, ProgramRow, StatusReport } from '../status/status.js';

export interface TableManner {
  /** How wide a line may be; default: as wide as it is. */
  readonly columns?: number | undefined;
  /** Whether the states are coloured; default false. */
  readonly colour?: boolean;
  /** Ms since 1970. */
  readonly now: number;
}

const gap = '  ';
const noteWidth = 24;
/** What a narrow terminal goes without, in this order, so that the note has room. */
const dispensable = ['LAST EXIT', 'RESTARTS', 'PID', 'UPTIME'];

const colours = {
  running: 'green',
  starting: 'cyan',
  'backing-off': 'red',
  killing: 'yellow',
  stopped: 'gray',
} as const;

/** A status as lines for people. */
export function statusTable(report: StatusReport, manner: TableManner): string[] {
  const { monitor, programs } = report;
  if (programs.length === 0) return monitor === null ? [] : ['There are no programs.'];
  const { columns = Infinity, colour = false } = manner;
  const nameWidth = Math.max(Math.floor(columns / 3), 12);
  const rows = rowsOf(report, manner.now, 0);
  const all = columnsOf(rows, nameWidth);
  const shown = fitting(all, columns);
  const lineOf = (row: number) =>
    cut(
      shown
        .map(({ cells, width }) => pad(cells[row] ?? '', width))
        .join(gap)
        .trimEnd(),
      columns,
    );
  const lines = rows.map(({ program: { state } }, index) => {
    const line = lineOf(index + 1);
    return colour ? coloured(line, state, shown[0]?.width ?? 0) : line;
  });
  return [...staleness(report), lineOf(0), ...lines];
}

interface Row {
  readonly program: ProgramRow;
  /** How many colonies it is below of the first. */
  readonly depth: number;
  /** Absent where nothing is next. */
  readonly now: number | undefined;
}

/** The programs, each before those of the colony that it is. */
function rowsOf(report: StatusReport, now: number, depth: number): Row[] {
  const fresh = isFresh(report) ? now : undefined;
  return report.programs.flatMap((program) => [
    { program, depth, now: fresh },
    ...(program.colony === undefined ? [] : rowsOf(program.colony, now, depth + 1)),
  ]);
}

const isFresh = ({ monitor, silentFor }: StatusReport) => monitor !== null && silentFor === null;

/** Says so where what follows is not what is. */
export function staleness({ monitor, silentFor }: StatusReport): string[] {
  if (monitor === null) return ['No monitor runs. This is the last that is known:'];
  if (silentFor === null) return [];
  return [`The monitor (pid ${monitor.pid}) has written nothing for ${silentFor} s. This is the last that is known:`];
}

interface Column {
  readonly head: string;
  /** The head, and a cell a program. */
  readonly cells: readonly string[];
  readonly width: number;
}

function columnsOf(rows: readonly Row[], nameWidth: number): Column[] {
  const column = (head: string, cellOf: (program: ProgramRow) => string): Column => {
    const cells = [head, ...rows.map(({ program }) => cellOf(program))];
    return columnOf(head, cells);
  };
  return [
    columnOf('NAME', ['NAME', ...rows.map((row) => cut(indent(row) + printable(row.program.name), nameWidth))]),
    column('STATE', ({ state }) => state ?? '-'),
    column('PID', ({ pid }) => (pid === null ? '-' : String(pid))),
    column('UPTIME', ({ uptime }) => (uptime === null ? '-' : durationText(uptime))),
    column('RESTARTS', ({ restarts }) => String(restarts)),
    column('LAST EXIT', ({ lastExit }) => (lastExit === null ? '-' : (lastExit.signal ?? `code ${lastExit.code}`))),
    columnOf('NOTE', ['NOTE', ...rows.map(({ program, now }) => noteOf(program, now))]),
  ];
}

const columnOf = (head: string, cells: readonly string[]): Column => ({
  head,
  cells,
  width: Math.max(...cells.map(size)),
});

const indent = ({ depth }: Row) => '  '.repeat(depth);

function fitting(all: readonly Column[], columns: number): readonly Column[] {
  const widthOf = (shown: readonly Column[]) =>
    shown.reduce(
      (sum, { head, width }) => sum + gap.length + (head === 'NOTE' ? Math.min(width, noteWidth) : width),
      0,
    );
  let shown = all;
  for (const head of dispensable) {
    if (widthOf(shown) - gap.length <= columns) break;
    shown = shown.filter((column) => column.head !== head);
  }
  return shown;
}

/** What is next, and what is wrong. `now` is absent where nothing is next. */
function noteOf(program: ProgramRow, now: number | undefined): string {
  const { state, error, rejected, stragglers } = program;
  return [
    ...nextOf(program, now),
    ...(program.hasFile ? [] : ['removed']),
    ...(program.hasFile && program.wanted === 'down' ? ['wanted down'] : []),
    ...(stragglers.length > 0 ? [`left behind: ${stragglers.join(' ')}`] : []),
    ...(rejected !== null && state !== null ? ['file rejected, last good version in force'] : []),
    ...(error === null ? [] : [`${error.code}: ${printable(error.message)}`]),
    ...(state === null && error === null ? ['no monitor has seen it yet'] : []),
    ...colonyNote(program),
  ].join('; ');
}

/** What is wrong with the colony that it is. */
export function colonyNote({ colony }: ProgramRow): string[] {
  const fault = colony && colonyFault(colony);
  return fault === undefined ? [] : [fault];
}

export function colonyFault({ error, monitor, silentFor }: NestedStatus): string | undefined {
  if (error !== null) return `its colony: ${printable(error.message)}`;
  if (monitor === null) return 'no monitor runs on its colony';
  return silentFor === null ? undefined : `its monitor has written nothing for ${silentFor} s`;
}

/** `starts in 3.2 s`, `KILL in 1.1 s`. */
export function nextOf({ nextStartAt, killAt }: ProgramRow, now: number | undefined): string[] {
  if (now === undefined) return [];
  const ahead = (time: string, what: string) =>
    `${what} in ${Math.max(0, (Date.parse(time) - now) / 1000).toFixed(1)} s`;
  return [
    ...(nextStartAt === null ? [] : [ahead(nextStartAt, 'starts')]),
    ...(killAt === null ? [] : [Date.parse(killAt) <= now ? 'KILL sent' : ahead(killAt, 'KILL')]),
  ];
}

/** `42s`, `3m`, `2h 5m`, `4d 1h`. */
function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes === 0) return `${Math.floor(seconds)}s`;
  if (hours === 0) return `${minutes}m`;
  return days === 0 ? `${hours}h ${minutes % 60}m` : `${days}d ${hours % 24}h`;
}

/** The line of a program, with its state, which follows the name, in colour. */
function coloured(line: string, state: ProgramState | null, nameWidth: number): string {
  const characters = Array.from(line);
  const start = nameWidth + gap.length;
  if (state === null || characters.length < start + state.length) return line;
  return characters.slice(0, start).join('') + inColour(state) + characters.slice(start + state.length).join('');
}

export const inColour = (state: ProgramState) => styleText(colours[state], state, { validateStream: false });

export function cut(text: string, columns: number): string {
  if (size(text) <= columns) return text;
  const kept = Array.from(text).slice(0, columns - 1);
  return `${kept.join('')}…`;
}

const pad = (text: string, width: number) => text + ' '.repeat(width - size(text));
const size = (text: string) => Array.from(text).length;
