import { styleText } from 'node:util';
import { ColonyError } from '../../errors.js';
import { printable } from '../../printable.js';
import type { LogLine } from './logs.js';

export interface LogManners {
  readonly json: boolean;
  /** Standard output is a terminal: what could drive it, colours apart, is shown as an escape. */
  readonly terminal: boolean;
  readonly colour: boolean;
}

const colours = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;
const escape = '\u001b';
const coloursAndTabs = new RegExp(`(${escape}\\[[\\d;]*m|\\t)`);
const second = 1_000;
const units: Readonly<Record<string, number>> = { s: second, m: 60 * second, h: 3_600 * second, d: 86_400 * second };

/** How a line of output is shown: among several programs with a column for the name. */
export function logView(names: readonly string[], { json, terminal, colour }: LogManners): (line: LogLine) => string {
  if (json) return (line) => JSON.stringify({ version: 1, ...line });
  const shown = (text: string) => (terminal ? text.split(coloursAndTabs).map(exceptColours).join('') : text);
  if (names.length === 1) return ({ line }) => shown(line);
  const width = Math.max(...names.map((name) => Array.from(printable(name)).length));
  const columns = new Map(
    names.map((name, index) => {
      const column = `${printable(name)}${' '.repeat(width - Array.from(printable(name)).length)} |`;
      const style = colours[index % colours.length] ?? 'cyan';
      return [name, colour ? styleText(style, column, { validateStream: false }) : column];
    }),
  );
  return ({ name, line }) => `${columns.get(name)} ${shown(line)}`;
}

// A separator stands at each odd place.
const exceptColours = (part: string, index: number) => (index % 2 === 1 ? part : printable(part));

/** Ms since 1970 of a time (ISO 8601) or of how long ago it is (`90s`, `10m`, `2h`, `3d`). Throws `EUSAGE`. */
export function sinceOf(words: string, now: number): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(words) ?? [];
  const time = count === undefined ? Date.parse(words) : now - Number(count) * (units[unit] ?? 0);
  if (Number.isNaN(time)) {
    throw new ColonyError('EUSAGE', '--since: expected a time, such as 2026-11-25T10:00:00Z, or 90s, 10m, 2h, 3d');
  }
  return time;
}

/** How many lines. Throws `EUSAGE`. */
export function countOf(words: string): number {
  if (!/^\d{1,9}$/.test(words)) throw new ColonyError('EUSAGE', '-n: expected a number');
  return Number(words);
}
