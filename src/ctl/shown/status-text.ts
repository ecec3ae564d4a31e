import type { StatusReport } from '../status/status.js';

/** A status as lines for standard output: one program in full, or all of them in a table. */
export async function statusText(report: StatusReport, isInFull: boolean): Promise<string[]> {
  const { isTTY, columns } = process.stdout;
  const manner = { columns: isTTY ? columns : undefined, colour: isTTY && !process.env.NO_COLOR, now: Date.now() };
  if (isInFull) return (await import('./program-card.js')).programCard(report, manner);
  return (await import('./table.js')).statusTable(report, manner);
}
