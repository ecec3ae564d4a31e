import { resolve } from 'node:path';
import type { Intensity, Timings } from '../machines/index.js';
import { defaultTimings } from '../machines/timings.js';
import { ColonyError } from './errors.js';
import { colonyDirectories, missing, type GivenDirectories } from './home.js';
import { httpOptions, type HttpOptions, type HttpWords } from './http-options.js';
import { spawnKinds, type SpawnKind } from './os/launcher.js';
import { milliseconds, secondsText } from './protocol/durations.js';
import { bytesOf, defaultLogLimits, sizePattern, type LogLimits } from './protocol/log-settings.js';

/** What `ncolony monitor` is told. Durations are milliseconds, paths absolute. */
export interface MonitorOptions {
  readonly config: string;
  readonly messages: string;
  /** One file per program with its pid. */
  readonly pid?: string | undefined;
  /** One log file per program. */
  readonly logs?: string | undefined;
  /** When a log file of a program is full, and what becomes of the full ones. */
  readonly logLimits?: LogLimits | undefined;
  /** The monitor's own log; default standard output. */
  readonly logfile?: string | undefined;
  /** The monitor's own pid. */
  readonly pidfile?: string | undefined;
  readonly logLevel: LogLevel;
  /** Between two full rescans, which back up the watcher. */
  readonly frequency: number;
  readonly timings: Timings;
  /** When it gives up; `undefined`: never. */
  readonly intensity?: Intensity | undefined;
  /** Obey whoever can write the directories. */
  readonly trustDirectories: boolean;
  /** How processes are started; `undefined`: the faster way that there is. */
  readonly spawn?: SpawnKind | undefined;
  /** Where it can be looked at; `undefined`: nowhere. */
  readonly http?: HttpOptions | undefined;
  /** Where all that happens is written down, to be replayed. */
  readonly record?: string | undefined;
}

/** How much the monitor logs: itself, and what is graver. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
/** One of the log levels. */
export type LogLevel = (typeof logLevels)[number];

/** The four durations as they were typed, in seconds. */
export interface TimingWords {
  readonly threshold: string;
  readonly killtime: string;
  readonly minrestartdelay: string;
  readonly maxrestartdelay: string;
}

/** The words of `ncolony monitor` as they were typed: durations in seconds. */
export interface MonitorWords extends GivenDirectories, TimingWords, HttpWords {
  readonly frequency: string;
  readonly logLevel: string;
  readonly logSize: string;
  readonly logAge: string;
  readonly logKeep: string;
  readonly logTotal: string;
  readonly logGzip?: boolean;
  readonly logStamps?: boolean;
  readonly logfile?: string;
  readonly pidfile?: string;
  readonly trustDirectories?: boolean;
  readonly giveUp?: string;
  readonly spawn?: string;
  readonly record?: string;
}

/** Those of NColony as far as it had them. */
export const monitorDefaults = {
  frequency: '10',
  threshold: secondsText(defaultTimings.threshold),
  killtime: secondsText(defaultTimings.killtime),
  minrestartdelay: secondsText(defaultTimings.minRestartDelay),
  maxrestartdelay: secondsText(defaultTimings.maxRestartDelay),
  logLevel: 'info',
  logSize: `${defaultLogLimits.size / 1024 ** 2}M`,
  logAge: secondsText(defaultLogLimits.age),
  logKeep: String(defaultLogLimits.keep),
  logTotal: String(defaultLogLimits.total),
} as const satisfies MonitorWords;

/** What the words mean. Throws `EUSAGE`, naming the option. */
export function monitorOptions(words: MonitorWords, environment: NodeJS.ProcessEnv): MonitorOptions {
  const { config, messages, pid, logs } = colonyDirectories(words, environment);
  if (messages === undefined) throw missing('messages');
  if (config === undefined) throw missing('config');
  return {
    config,
    messages,
    pid,
    logs,
    logLimits: logLimits(words),
    logfile: file('logfile', words.logfile),
    pidfile: file('pidfile', words.pidfile),
    logLevel: oneOf('log-level', logLevels, words.logLevel),
    frequency: milliseconds('frequency', words.frequency, 1),
    intensity: intensityOf(words.giveUp),
    trustDirectories: words.trustDirectories ?? false,
    spawn: words.spawn === undefined ? undefined : oneOf('spawn', spawnKinds, words.spawn),
    timings: timingsOf(words),
    http: httpOptions(words, environment),
    record: file('record', words.record),
  };
}

/** `3/60`: at more than 3 deaths within 60 s. */
function intensityOf(text: string | undefined): Intensity | undefined {
  if (text === undefined) return undefined;
  const [, deaths, seconds] = /^(\d{1,9})\/(.+)$/.exec(text) ?? [];
  if (deaths === undefined || seconds === undefined) {
    throw new ColonyError('EUSAGE', '--give-up: expected DEATHS/SECONDS, such as 10/60');
  }
  return { deaths: Number(deaths), within: milliseconds('give-up', seconds, 1) };
}

function logLimits(words: MonitorWords): LogLimits {
  return {
    size: bytes('log-size', words.logSize),
    age: milliseconds('log-age', words.logAge),
    keep: count('log-keep', words.logKeep),
    total: bytes('log-total', words.logTotal),
    gzip: words.logGzip ?? defaultLogLimits.gzip,
    stamps: words.logStamps ?? defaultLogLimits.stamps,
  };
}

function bytes(option: string, text: string): number {
  if (!sizePattern.test(text)) throw new ColonyError('EUSAGE', `--${option}: expected a size, such as 10M`);
  return bytesOf(text);
}

function count(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new ColonyError('EUSAGE', `--${option}: expected a number`);
  return Number(text);
}

/** The four durations in ms. Throws `EUSAGE`, naming the option. */
export function timingsOf(words: TimingWords): Timings {
  const minRestartDelay = milliseconds('minrestartdelay', words.minrestartdelay, 1);
  return {
    threshold: milliseconds('threshold', words.threshold),
    killtime: milliseconds('killtime', words.killtime),
    minRestartDelay,
    maxRestartDelay: milliseconds('maxrestartdelay', words.maxrestartdelay, minRestartDelay),
  };
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
