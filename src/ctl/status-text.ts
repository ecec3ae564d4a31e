import { programCard } from './program-card.js';
import type { StatusReport } from './status.js';
import { statusTable } from './table.js';

/** A status as lines for standard output: one program in full, or all of them in a table. */
export function statusText(report: StatusReport, isInFull: boolean): string[] {
  const { isTTY, columns } = process.stdout;
  const manner = { columns: isTTY ? columns : undefined, colour: isTTY && !process.env.NO_COLOR, now: Date.now() };
  return isInFull ? programCard(report, manner) : statusTable(report, manner);
}
