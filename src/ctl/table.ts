import { styleText } from 'node:util';
import { printable } from '../printable.js';
import type { ProgramRow, StatusReport } from './status.js';

export interface TableManner {
  /** How wide a line may be; default: as wide as it is. */
  readonly columns?: number | undefined;
  /** Whether the states are coloured; default false. */
  readonly colour?: boolean;
  /** Ms since 1970. */
  readonly now: number;
}

const heads = ['NAME', 'STATE', 'PID', 'UPTIME', 'RESTARTS', 'LAST EXIT', 'NOTE'];
const gap = '  ';

const colours = {
  running: 'green',
  starting: 'cyan',
  'backing-off': 'red',
  killing: 'yellow',
  stopped: 'gray',
} as const;

/** A status as lines for people. */
export function statusTable({ monitor, programs }: StatusReport, manner: TableManner): string[] {
  const { columns = Infinity, colour = false } = manner;
  const note = monitor === null ? ['No monitor runs. This is the last that is known:'] : [];
  if (programs.length === 0) return monitor === null ? [] : ['There are no programs.'];

  const cells = programs.map((program) => cellsOf(program, monitor === null ? undefined : manner.now, columns / 3));
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => size(row[column] ?? ''))));
  const lineOf = (row: readonly string[]) =>
    cut(
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - size(cell)))
        .join(gap)
        .trimEnd(),
      columns,
    );
  const lines = cells.map(lineOf);
  return [
    ...note,
    lineOf(heads),
    ...(colour ? lines.map((line, index) => coloured(line, programs[index], widths[0])) : lines),
  ];
}

function cellsOf(program: ProgramRow, now: number | undefined, widest: number): string[] {
  return [
    cut(printable(program.name), Math.max(Math.floor(widest), 12)),
    program.state ?? '-',
    program.pid === null ? '-' : String(program.pid),
    program.uptime === null ? '-' : durationText(program.uptime),
    String(program.restarts),
    program.lastExit === null ? '-' : (program.lastExit.signal ?? `code ${program.lastExit.code}`),
    noteOf(program, now),
  ];
}

/** What is next, and what is wrong. `now` is absent where nothing is next. */
function noteOf(program: ProgramRow, now: number | undefined): string {
  const ahead = (time: string | null, what: string) =>
    time === null || now === undefined
      ? []
      : [`${what} in ${Math.max(0, (Date.parse(time) - now) / 1000).toFixed(1)} s`];
  const { error, stragglers } = program;
  return [
    ...ahead(program.nextStartAt, 'starts'),
    ...ahead(program.killAt, 'KILL'),
    ...(program.wanted === 'down' ? ['wanted down'] : []),
    ...(stragglers.length > 0 ? [`left behind: ${stragglers.join(' ')}`] : []),
    ...(error === null ? [] : [`${error.code}: ${printable(error.message)}`]),
    ...(program.state === null && error === null ? ['no monitor has seen it yet'] : []),
  ].join('; ');
}

/** `42 s`, `3 min`, `2 h 5 min`, `4 d 1 h`. */
function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes === 0) return `${Math.floor(seconds)} s`;
  if (hours === 0) return `${minutes} min`;
  return days === 0 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`;
}

function coloured(line: string, program: ProgramRow | undefined, nameWidth = 0): string {
  const state = program?.state;
  const characters = Array.from(line);
  const start = nameWidth + gap.length;
  if (!state || characters.length < start + state.length) return line;
  const painted = styleText(colours[state], state, { validateStream: false });
  return characters.slice(0, start).join('') + painted + characters.slice(start + state.length).join('');
}

function cut(text: string, columns: number): string {
  if (size(text) <= columns) return text;
  const kept = Array.from(text).slice(0, columns - 1);
  return `${kept.join('')}…`;
}

const size = (text: string) => Array.from(text).length;
