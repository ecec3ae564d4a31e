import pino, { type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './options.js';

export interface Log {
  readonly logger: Logger;
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

/**
 * The monitor's log. The destination is synchronous: an asynchronous one loses the last lines at exit.
 * A destination that fails (a closed standard output) costs its lines, never the supervision.
 */
export async function openLog({ level, file, pretty }: LogOptions): Promise<Log> {
  const destination = pino.destination({ dest: file ?? 1, sync: true, mkdir: false });
  destination.on('error', () => undefined);
  const stream = pretty ? await prettyStream(destination) : destination;
  const logger = pino({ level, base: null }, stream);
  return { logger, reopen: () => file !== undefined && destination.reopen() };
}

async function prettyStream(destination: DestinationStream): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination,
    sync: true,
    colorize: process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,name,stream',
    messageFormat: (record, messageKey, _label, { colors }) => {
      const message = String(record[messageKey]);
      if (record['stream'] === undefined) return message;
      const mark = record['stream'] === 'stderr' ? colors.red('!') : colors.gray('|');
      return `${colors.cyan(String(record['name']))} ${mark} ${message}`;
    },
  });
}
