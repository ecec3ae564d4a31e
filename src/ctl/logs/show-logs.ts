import { resolve } from 'node:path';
import { print } from '../../print.js';
import { printable } from '../../printable.js';
import { countOf, logView, sinceOf } from './log-view.js';
import { logsOf } from './logs.js';
import { requireProgram } from '../programs.js';

/** The words of `ctl logs` as they were typed. */
export interface LogsWords {
  readonly follow?: true;
  readonly lines?: string;
  readonly since?: string;
  readonly logfile?: string;
  readonly json?: true;
}

interface Where {
  readonly logs: string | undefined;
  readonly config: string | undefined;
}

const defaultLines = 100;

/** Prints what programs said, and goes on where asked to, until standard output is closed. Returns the exit code. */
export async function showLogs(given: LogsWords & Where, names: readonly string[]): Promise<number> {
  const { logs, config } = given;
  const logfile = given.logfile === undefined ? undefined : resolve(given.logfile);
  const since = given.since === undefined ? undefined : sinceOf(given.since, Date.now());
  const last = given.lines === undefined ? (since === undefined ? defaultLines : undefined) : countOf(given.lines);
  const { lines, follow, close } = await logsOf({ logs, logfile }, { names, last, since });
  try {
    const { isTTY } = process.stdout;
    const colour = isTTY && !process.env.NO_COLOR;
    const view = logView(names, { json: given.json ?? false, terminal: isTTY, colour });
    // Where none was asked for, none says nothing.
    const silent = last === 0 ? [] : names.filter((name) => !lines.some((line) => line.name === name));
    // Who was removed may have left something; who said nothing has to be there.
    if (config !== undefined) for (const name of silent) requireProgram({ config }, name);
    print(lines.map((line) => `${view(line)}\n`).join(''));
    if (given.follow) {
      const isClosed = new Promise<void>((done) => process.stdout.once('error', () => done()));
      follow((line) => print(`${view(line)}\n`));
      await isClosed;
      return 0;
    }
    for (const name of silent) {
      process.stderr.write(`ncolony: ${printable(name)}: nothing of it is in ${logfile ?? logs}\n`);
    }
    // Where the programs are not known, silence is no answer.
    return silent.length === 0 || config !== undefined ? 0 : 1;
  } finally {
    close();
  }
}
