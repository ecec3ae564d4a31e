import type { Readable } from 'node:stream';
import type { Exit } from '../../machines/index.js';
import type { Rights } from '../protocol/rights.js';

/** How processes are started: by Node's own spawn, or by the C library's, which is faster and optional. */
export const spawnKinds = ['node', 'native'] as const;
export type SpawnKind = (typeof spawnKinds)[number];

/** What to run, and with which rights. */
export interface Command {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly rights: Rights;
  /** Called at the start: a descriptor that the process gets in place of a pipe, closed here when it has it. */
  readonly handOver?: (stream: 'stdout' | 'stderr') => number | undefined;
}

/** A process that runs. */
export interface Launched {
  readonly pid: number;
  /** Absent where something was handed over in its place. */
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** The helper that stands before the program, so that an early exit may be the helper's: `setpriv`. */
  readonly helper: string | undefined;
  /** Signals the main process alone; nothing happens when it is gone. */
  readonly signal: (signal: NodeJS.Signals) => void;
}

/** Told of how a main process ended, when it was reaped. */
export type Exited = (exit: Exit) => void;

/** A start of which everything slow is done. Exactly one of the two is to be called. */
export interface Prepared {
  /** By which the process is told if nobody comes to note its pid; `undefined` where the launcher gives no such thing. */
  readonly stdinMark: string | undefined;
  /**
   * Resolves when there is a process, rejects with the system's code when it cannot be made. `exited` is called once,
   * when the main process was reaped and standard input let go of: never before whoever awaits the start has gone on.
   * `aside`: rather in another thread, where the launcher can; that takes longer, and nothing else waits meanwhile.
   */
  readonly launch: (exited: Exited, aside: boolean) => Promise<Launched>;
  readonly discard: () => void;
}

/** Starts processes, each in a session of its own, with pipes for its three streams and nothing else of ours. */
export interface Launcher {
  /** Rejects with a `LaunchError` when the means for a start cannot be had. */
  readonly prepare: (command: Command) => Promise<Prepared>;
  readonly close: () => void;
}

/** A start that failed before there was anything to spawn. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly code: 'EPIPES' | 'EPRIVILEGE' | 'EHELPER' | 'ENOENT' | 'ENOTDIR';

  constructor(code: LaunchError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
