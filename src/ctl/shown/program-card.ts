import { printable } from '../../printable.js';
import { counted, pidsText } from '../plurals.js';
import { exitText, faultText } from '../story/story.js';
import type { ProgramRow, StatusReport } from '../status/status.js';
import { colonyNote, inColour, nextOf, staleness, type TableManner } from './table.js';
import { clockText, dayText, spanText } from '../time-texts.js';

const headWidth = 13;

/** The status of one program in full, as lines for people. */
export function programCard(report: StatusReport, { columns = Infinity, colour = false, now }: TableManner): string[] {
  const program = report.programs[0];
  if (program === undefined) return [];
  const isFresh = report.monitor !== null && report.silentFor === null;
  const facts = factsOf(program, isFresh ? now : undefined, now);
  const width = Math.max(columns - headWidth, 20);
  return [
    ...staleness(report),
    ...facts.flatMap(([head, text]) =>
      wrapped(printable(text), width).map((line, index) => (index === 0 ? head : '').padEnd(headWidth) + line),
    ),
  ].map((line) => (colour ? painted(line, program) : line));
}

function factsOf(program: ProgramRow, fresh: number | undefined, now: number): [head: string, text: string][] {
  const { state, wanted, pid, run, uptime, starts, restarts, instantDeaths, lastExit } = program;
  const { error, rejected, group, stragglers } = program;
  const sinceText = program.since === null ? '' : ` since ${timeText(program.since, now)}`;
  const next = nextOf(program, fresh);
  return [
    ['name', program.name],
    ['state', state === null ? 'none' : state + sinceText],
    ['wanted', wanted ?? 'nobody knows: its file was never good'],
    ...line('next', next.length > 0, next.join(', ')),
    ...line(
      'process',
      pid !== null,
      `pid ${pid}, run ${run}${uptime === null ? '' : `, up ${spanText(uptime * 1000)}`}`,
    ),
    ['starts', `${starts}, of which ${counted(restarts, 'restart')}; ${counted(instantDeaths, 'instant death')}`],
    ...line('last exit', lastExit !== null, lastExit ? `${exitText(lastExit)} at ${timeText(lastExit.at, now)}` : ''),
    ['file', fileText(program)],
    ...line('error', error !== null && rejected === null, error ? faultText(error) : ''),
    ...line('group', group.length > 0, group.join(', ')),
    ...line('colony', program.colony !== undefined, colonyText(program)),
    ...line('left behind', stragglers.length > 0, pidsText(stragglers)),
  ];
}

function colonyText(program: ProgramRow): string {
  const { home = '', programs = [] } = program.colony ?? {};
  return [`${home}: ${counted(programs.length, 'program')}`, ...colonyNote(program)].join('; ');
}

const line = (head: string, isThere: boolean, text: string): [string, string][] => (isThere ? [[head, text]] : []);

function fileText({ rejected, state, revision, hasFile }: ProgramRow): string {
  if (!hasFile) return 'removed';
  const version = revision ? ` (revision ${revision})` : '';
  if (rejected === null) return state === null ? 'no monitor has seen it yet' : `in force${version}`;
  const kept = state === null ? 'nothing runs of it' : `its last good version is in force${version}`;
  return `rejected: ${faultText(rejected)}; ${kept}`;
}

function timeText(iso: string, now: number): string {
  const day = dayText(iso);
  return `${day === dayText(now) ? '' : `${day} `}${clockText(iso)}`;
}

/** Broken at spaces where there are some. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = Array.from(text);
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end).join(''));
    rest = rest.slice(space > 0 ? end + 1 : end);
  }
  return [...lines, rest.join('')];
}

function painted(line: string, { state }: ProgramRow): string {
  return state !== null && line.startsWith('state ') ? line.replace(state, inColour(state)) : line;
}
