import type { Timings } from '../machines/index.js';

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
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];
