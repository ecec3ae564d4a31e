import { resolve } from 'node:path';
import type { Timings } from '../machines/index.js';
import { defaultTimings } from '../machines/timings.js';
import { ColonyError } from './errors.js';
import { colonyDirectories, missing, type GivenDirectories } from './home.js';
import { httpOptions, type HttpOptions, type HttpWords } from './http-options.js';
import { spawnKinds, type SpawnKind } from './os/launcher.js';
import { maxDelay } from './protocol/durations.js';

/** What `ncolony monitor` is told. Durations are milliseconds, paths absolute. */
export interface MonitorOptions {
  readonly config: string;
  readonly messages: string;
  /** One file per program with its pid. */
  readonly pid?: string | undefined;
  /** One log file per program. */
  readonly logs?: string | undefined;
  /** The monitor's own log; default standard output. */
  readonly logfile?: string | undefined;
  /** The monitor's own pid. */
  readonly pidfile?: string | undefined;
  readonly logLevel: LogLevel;
  /** Between two full rescans, which back up the watcher. */
  readonly frequency: number;
  readonly timings: Timings;
  /** Obey whoever can write the directories. */
  readonly trustDirectories: boolean;
  /** How processes are started; `undefined`: the faster way that there is. */
  readonly spawn?: SpawnKind | undefined;
  /** Where it can be looked at; `undefined`: nowhere. */
  readonly http?: HttpOptions | undefined;
  /** Where all that happens is written down, to be replayed. */
  readonly record?: string | undefined;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The words of `ncolony monitor` as they were typed: durations in seconds. */
export interface MonitorWords extends GivenDirectories, HttpWords {
  readonly frequency: string;
  readonly threshold: string;
  readonly killtime: string;
  readonly minrestartdelay: string;
  readonly maxrestartdelay: string;
  readonly logLevel: string;
  readonly logfile?: string;
  readonly pidfile?: string;
  readonly trustDirectories?: boolean;
  readonly spawn?: string;
  readonly record?: string;
}

const secondsText = (milliseconds: number) => String(milliseconds / 1000);

/** The defaults of NColony, in seconds. */
export const monitorDefaults = {
  frequency: '10',
  threshold: secondsText(defaultTimings.threshold),
  killtime: secondsText(defaultTimings.killtime),
  minrestartdelay: secondsText(defaultTimings.minRestartDelay),
  maxrestartdelay: secondsText(defaultTimings.maxRestartDelay),
  logLevel: 'info',
} as const satisfies MonitorWords;

/** What the words mean. Throws `EUSAGE`, naming the option. */
export function monitorOptions(words: MonitorWords, environment: NodeJS.ProcessEnv): MonitorOptions {
  const { config, messages, pid, logs } = colonyDirectories(words, environment);
  if (messages === undefined) throw missing('messages');
  if (config === undefined) throw missing('config');
  const minRestartDelay = milliseconds('minrestartdelay', words.minrestartdelay, 1);
  return {
    config,
    messages,
    pid,
    logs,
    logfile: file('logfile', words.logfile),
    pidfile: file('pidfile', words.pidfile),
    logLevel: oneOf('log-level', logLevels, words.logLevel),
    frequency: milliseconds('frequency', words.frequency, 1),
    trustDirectories: words.trustDirectories ?? false,
    spawn: words.spawn === undefined ? undefined : oneOf('spawn', spawnKinds, words.spawn),
    http: httpOptions(words, environment),
    record: file('record', words.record),
    timings: {
      threshold: milliseconds('threshold', words.threshold),
      killtime: milliseconds('killtime', words.killtime),
      minRestartDelay,
      maxRestartDelay: milliseconds('maxrestartdelay', words.maxrestartdelay, minRestartDelay),
    },
  };
}

function milliseconds(option: string, text: string, least = 0): number {
  const result = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
  if (result >= least && result <= maxDelay) return result;
  throw new ColonyError(
    'EUSAGE',
    `--${option}: expected seconds from ${secondsText(least)} to ${secondsText(maxDelay)}`,
  );
}

function file(option: string, path: string | undefined): string | undefined {
  if (path === '') throw new ColonyError('EUSAGE', `--${option}: expected a file`);
  return path === undefined ? undefined : resolve(path);
}

function oneOf<T extends string>(option: string, known: readonly T[], text: string): T {
  const found = known.find((word) => word === text);
  if (found === undefined) throw new ColonyError('EUSAGE', `--${option}: expected one of ${known.join(', ')}`);
  return found;
}
