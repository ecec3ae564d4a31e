import { fstatSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { ColonyError } from './errors.js';
import type { LogLevel } from './options.js';
import { isPlantedLink } from './os/trust.js';

export interface Log {
  readonly logger: Logger;
  /** Whether its reader is behind: whoever can wait should, until `onDrain`. */
  readonly isFull: () => boolean;
  readonly onDrain: (listener: () => void) => void;
  /** The file may have been renamed: open it anew. */
  readonly reopen: () => void;
  /** Resolves when all is written, or cannot be within `deadline` ms. */
  readonly flush: (deadline: number) => Promise<void>;
  /** The same at once, when there will be no later. */
  readonly flushNow: () => void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Default: standard output. */
  readonly file: string | undefined;
  /** For people rather than for programs. */
  readonly pretty: boolean;
}

/** What is kept for a reader that is behind, in bytes; beyond it lines of the monitor itself are dropped. */
const maxBacklog = 8 * 1024 * 1024;
const lastWordsMs = 1_000;

/**
 * The monitor's log.
 *
 * A file is written at once. A reader of a pipe or a terminal may be slow, or stand still, and must not hold up the
 * supervision: there, writing is asynchronous, and who waits is the program whose output it is. A destination that
 * fails (a full disk, a closed standard output) costs its lines, never the supervision.
 */
export async function openLog({ level, file, pretty }: LogOptions): Promise<Log> {
  if (file !== undefined) refuseLink(file);
  const sync = file !== undefined || fstatSync(1).isFile();
  let giveUpAt = Infinity;
  const retryEAGAIN = () => performance.now() < giveUpAt;
  const destination = pino.destination({ dest: file ?? 1, sync, maxLength: maxBacklog, retryEAGAIN });
  let isFull = false;
  let isFailing = false;
  destination.on('error', () => {
    isFailing = true;
    destination.emit('drain');
  });
  destination.on('drain', () => (isFull = false));
  destination.on('write', () => (isFailing = false));
  const worded = pretty ? await prettifier() : (line: string) => line;
  const counted = {
    write: (line: string) => {
      const hasRoom = destination.write(worded(line));
      isFull = !sync && !hasRoom;
    },
  };
  return {
    logger: pino({ level, base: null }, counted),
    isFull: () => isFull && !isFailing,
    onDrain: (listener) => void destination.on('drain', listener),
    reopen: () => {
      if (file === undefined) return;
      refuseLink(file);
      destination.reopen();
    },
    flush: (deadline) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, deadline);
        destination.flush(() => resolve(clearTimeout(timer)));
      }),
    flushNow: () => {
      giveUpAt = performance.now() + lastWordsMs;
      destination.flushSync();
    },
  };
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
