import { resolve } from 'node:path';
import {
  defaultTimings,
  type Intensity,
  type SupervisorInput,
  type SupervisorMemory,
  type Timings,
} from '../machines/index.js';
import { ColonyError } from './errors.js';
import { spawnKinds, type SpawnKind } from './os/launcher.js';
import { maxDelay } from './protocol/durations.js';
import type { LogLimits } from './protocol/log-settings.js';

/** The directories of a colony, and how it is kept, as a host says it. Durations are milliseconds. */
export interface ColonyOptions {
  /** One file per program. It has to exist. */
  readonly config: string;
  /** One file per request; the colony's own state is below it, in `.ncolony/`. It has to exist. */
  readonly messages: string;
  /** Gets one file per program with its pid. */
  readonly pid?: string | undefined;
  /** Gets one log file per program. */
  readonly logs?: string | undefined;
  /** When a file of `logs` is full, and what becomes of the full ones. */
  readonly logLimits?: LogLimits | undefined;
  /** Between two full rescans, which back up the watcher; default 10,000. */
  readonly frequency?: number;
  /** Those of NColony where they are not given. */
  readonly timings?: Partial<Timings>;
  /** When the supervisor gives up; default: never. */
  readonly intensity?: Intensity | undefined;
  /** What a supervisor before this one knew, from `memoryOf`. */
  readonly remembered?: SupervisorMemory | undefined;
  /** Obey whoever can write the directories, though this process runs as root. */
  readonly trustDirectories?: boolean;
  /** How processes are started; default: the faster way that there is. */
  readonly spawn?: SpawnKind | undefined;
  /** Whether SIGTERM, SIGINT and SIGHUP to this process are orders; default true. */
  readonly signals?: boolean;
}

export const defaultFrequency = 10_000;

/** Throws `EUSAGE`, naming the option, where no colony can be kept so: not everybody has a compiler. */
export function requireUsable(options: ColonyOptions): void {
  const { config, messages, pid = '.', logs = '.', spawn = 'node' } = options;
  for (const [option, path] of Object.entries({ config, messages, pid, logs })) {
    if (typeof path !== 'string' || path === '') throw new ColonyError('EUSAGE', `${option}: expected a path`);
  }
  if (!spawnKinds.includes(spawn)) {
    throw new ColonyError('EUSAGE', `spawn: expected one of ${spawnKinds.join(', ')}`);
  }
  supervisorInput(options, []);
}

/** Absolute paths, as the directories are when the options are given. */
export function placesIn({ config, messages, pid, logs }: ColonyOptions) {
  return {
    config: resolve(config),
    messages: resolve(messages),
    pid: pid === undefined ? undefined : resolve(pid),
    logs: logs === undefined ? undefined : resolve(logs),
  };
}

/** What a supervisor is started with. Throws `EUSAGE`, naming the option. */
export function supervisorInput(
  { timings, intensity, remembered, frequency }: ColonyOptions,
  leftovers: readonly string[],
): SupervisorInput {
  requireDuration('frequency', frequency ?? defaultFrequency, 1);
  if (intensity !== undefined) {
    requireDuration('intensity.within', intensity.within, 1);
    if (!Number.isSafeInteger(intensity.deaths) || intensity.deaths < 0) {
      throw new ColonyError('EUSAGE', 'intensity.deaths: expected a whole number, 0 or more');
    }
  }
  return { timings: timingsWith(timings), leftovers, intensity, remembered };
}

/** Those of NColony where they are not given. Throws `EUSAGE`, naming the one. */
export function timingsWith(given: Partial<Timings> = {}): Timings {
  const all = {
    threshold: given.threshold ?? defaultTimings.threshold,
    killtime: given.killtime ?? defaultTimings.killtime,
    minRestartDelay: given.minRestartDelay ?? defaultTimings.minRestartDelay,
    maxRestartDelay: given.maxRestartDelay ?? defaultTimings.maxRestartDelay,
  };
  requireDuration('threshold', all.threshold);
  requireDuration('killtime', all.killtime);
  requireDuration('minRestartDelay', all.minRestartDelay, 1);
  requireDuration('maxRestartDelay', all.maxRestartDelay, all.minRestartDelay);
  return all;
}

function requireDuration(option: string, duration: number, least = 0): void {
  if (duration >= least && duration <= maxDelay) return;
  throw new ColonyError('EUSAGE', `${option}: expected milliseconds from ${least} to ${maxDelay}`);
}
