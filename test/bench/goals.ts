import { printed, type Measurements, type Unit } from './measurements.js';

/** What a figure has to be, and the figure. */
export interface Goal {
  readonly what: string;
  readonly limit: number;
  readonly unit: Unit;
  readonly value: number;
  readonly isMet: boolean;
}

const [native, node, bare] = ['ncolony native', 'ncolony node', 'bare Node loop'];

/** The goals of which the figures are there; `crowd`: with how many programs, `crowds`: all numbers that were tried. */
export function goalsOf(results: Measurements, crowd: number, crowds: readonly number[]): Goal[] {
  const goals: Goal[] = [];
  const figure = (row: string, peer: string, programs = crowd) => results.find(row, peer, programs)?.value;
  const goal = (what: string, value: number | undefined, limit: number, unit: Unit) => {
    if (value !== undefined) goals.push({ what, limit, unit, value, isMet: value <= limit });
  };
  const ratio = (one: number | undefined, other: number | undefined) =>
    one === undefined || other === undefined ? undefined : one / other;

  goal('bring-up, native / the bare loop', ratio(figure('bring-up', native), figure('bring-up', bare)), 0.7, '×');
  goal('bring-up, node / the bare loop', ratio(figure('bring-up', node), figure('bring-up', bare)), 1.15, '×');
  const processes = 'bring-up, first to last process';
  goal(`${processes}, native / the bare loop`, ratio(figure(processes, native), figure(processes, bare)), 0.7, '×');
  goal(`${processes}, node / the bare loop`, ratio(figure(processes, node), figure(processes, bare)), 1.15, '×');
  for (const count of crowds) {
    goal(`add → process, median, ${count} programs`, figure('add → process, median', native, count), 6, 'ms');
    goal(`add → process, p99, ${count} programs`, figure('add → process, p99', native, count), 15, 'ms');
  }
  goal('crash → replacement, median', figure('crash → replacement, median', native), 4, 'ms');
  goal('idle 30 s', figure('idle 30 s', native), 0.05, 'CPU s');
  const base = figure('memory', native, 0);
  goal('memory with no program', base, 56, 'MB');
  for (const count of crowds) {
    const memory = figure('memory', native, count);
    if (memory === undefined || base === undefined) continue;
    goal(`memory of one of ${count} programs`, ((memory - base) * 1024) / count, 28, 'KB');
    if (count === 10_000) goal('memory with 10,000 programs', memory, 340, 'MB');
  }
  goal('shutdown', figure('shutdown', native), 1, 's');
  const most = Math.max(...crowds);
  if (most > crowd) {
    const each = (count: number) => ratio(figure('bring-up', native, count), count);
    goal(`bring-up of one of ${most} programs / one of ${crowd}`, ratio(each(most), each(crowd)), 1.2, '×');
  }
  for (const count of crowds) {
    for (const peer of [native, node]) {
      const blocked = figure('bring-up: event loop blocked, longest', peer, count);
      goal(`event loop blocked while ${count} come up, ${peer}`, blocked, 50, 'ms');
    }
  }
  goal(
    'crash storm / the bare loop',
    results.find('crash storm / bare loop’s, as many starts', native)?.value,
    1.5,
    '×',
  );
  for (const verb of ['status', 'restart']) {
    goal(`ctl ${verb} / node -e 0`, figure(`CLI: ${verb} / node -e 0`, native, 1), 1.6, '×');
  }
  for (const row of ['log 1 × 300 MB', 'log 50 × 6 MB']) {
    // Less is better here as well: how many times as fast the other one is.
    const slower = (peer: string) => ratio(results.find(row, peer)?.value, results.find(row, native)?.value);
    goal(`${row}: supervisord’s speed / ours`, slower('supervisord'), 1, '×');
    goal(`${row}: 3 × s6-log’s speed / ours`, ratio(slower('s6, s6-log'), 1 / 3), 1, '×');
  }
  const tagged = results.find('log 1 × 300 MB, tagged lines', native)?.value;
  goal('log, tagged lines: 40 MB/s / ours', ratio(40, tagged), 1, '×');
  return goals;
}

export function goalRows(goals: readonly Goal[]): string[][] {
  return goals.map((goal) => [
    goal.what,
    `≤ ${printed(goal.limit, goal.unit)}`,
    printed(goal.value, goal.unit),
    goal.isMet ? 'met' : '**over**',
  ]);
}
