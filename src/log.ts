import pino, { type Logger } from 'pino';
import { ColonyError, reasonOf } from './errors.js';
import { openLogDestination, type LogDestination } from './log-destination.js';
import type { LogLevel } from './options.js';
import { isPlantedLink } from './os/trust.js';

export interface Log extends Pick<LogDestination, 'isFull' | 'onDrain' | 'flush'> {
  readonly logger: Logger;
  /** Adds records: lines of the shape that the logger gives them. */
  readonly write: (records: string) => void;
  /** The file may have been renamed: open it anew. */
  readonly reopen: () => void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Default: standard output. */
  readonly file: string | undefined;
  /** For people rather than for programs. */
  readonly pretty: boolean;
}

/** The monitor's log. When its reader is behind, who waits is the program whose output it is, never the supervision. */
export async function openLog({ level, file, pretty }: LogOptions): Promise<Log> {
  if (file !== undefined) refuseLink(file);
  const destination = opened(file);
  const worded = pretty ? await prettifier() : undefined;
  const write = (records: string) => {
    if (worded === undefined) destination.write(records);
    else for (const record of records.slice(0, -1).split('\n')) destination.write(worded(record));
  };
  return {
    logger: pino({ level, base: null }, { write }),
    write,
    isFull: () => destination.isFull(),
    onDrain: (listener) => destination.onDrain(listener),
    reopen: () => {
      if (file !== undefined) refuseLink(file);
      destination.reopen();
    },
    flush: (deadline) => destination.flush(deadline),
  };
}

function opened(file: string | undefined): LogDestination {
  try {
    return openLogDestination(file);
  } catch (error) {
    if (file === undefined) throw error;
    throw new ColonyError('EDIRECTORY', `--logfile ${file}: cannot be written (${reasonOf(error)})`, { cause: error });
  }
}

function refuseLink(file: string): void {
  if (isPlantedLink(file)) throw new ColonyError('EDIRECTORY', `${file}: is a link that somebody else made`);
}

async function prettifier(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  return prettyFactory({
    colorize: process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    // The words say it; the rest is for programs.
    include: 'level,time',
    messageFormat: (record, messageKey, _label, { colors }) => {
      const message = String(record[messageKey]);
      if (record['stream'] === undefined) return message;
      const mark = record['stream'] === 'stderr' ? colors.red('!') : colors.gray('|');
      return `${colors.cyan(String(record['name']))} ${mark} ${message}`;
    },
  });
}
