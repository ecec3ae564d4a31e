import type { ActorRefFrom, AnyActorRef } from 'xstate';
import type { ProgramMemory } from './program-memory.js';
import type { Exit, Fault, leftoversPort, ProcessEvent, processPort } from './ports.js';
import type { ProgramSpec, Wanted } from './program-spec.js';
import type { Timings } from './timings.js';

/** The five states of a program, in the order of its life. */
export const programStates = ['stopped', 'starting', 'running', 'backing-off', 'killing'] as const;
/** One of the five states. */
export type ProgramState = (typeof programStates)[number];

/** What a program begins with. */
export interface ProgramInput {
  readonly spec: ProgramSpec;
  readonly timings: Timings;
  /** Who is told every fact, besides those who listen to what the program emits. */
  readonly supervisor?: AnyActorRef;
  /** What it did under a supervisor before this one. */
  readonly remembered?: ProgramMemory | undefined;
}

/** What a program knows of itself. */
export interface ProgramContext extends Omit<ProgramInput, 'remembered'> {
  /** What has to be. The state is what is. */
  readonly wanted: Wanted;
  /** Where killing leads when the program is wanted up. */
  readonly next: 'start' | 'back-off';
  /** The wait of the next back-off, ms. */
  readonly restartDelay: number;
  /** The actor of the present incarnation, or the one that ends leftovers. */
  readonly process: ActorRefFrom<typeof processPort> | ActorRefFrom<typeof leftoversPort> | undefined;
  readonly pid: number | null;
  /** The run id of the present incarnation. */
  readonly run: string | null;
  readonly starts: number;
  /** Exits before `threshold`, ever. */
  readonly instantDeaths: number;
  /** Instant deaths and failed spawns since the program last ran. */
  readonly instantDeathsInRow: number;
  readonly lastExit: Exit | null;
  readonly error: Fault | null;
  /** Pids that outlive the main process. */
  readonly stragglers: readonly number[];
  /** Who asked for the stop that is in force: `shutdown`, `removed`, or a message's id. */
  readonly stopCause: string | undefined;
}

/** Orders: `by` names who asked (a message's id, `shutdown`, `removed`). */
export type ProgramCommand =
  | { readonly type: 'program.start'; readonly by?: string }
  | { readonly type: 'program.stop'; readonly by?: string }
  | { readonly type: 'program.restart'; readonly by?: string }
  /** A new version of the file; `keys` are the ones that changed. */
  | { readonly type: 'program.configure'; readonly spec: ProgramSpec; readonly keys?: readonly string[] }
  | { readonly type: 'program.signal'; readonly signal: string }
  /** SIGKILL without waiting for killtime. */
  | { readonly type: 'program.kill' }
  /** Processes of an earlier monitor run under this name: end them before anything is started. */
  | { readonly type: 'program.reap' };

/** What a program is told: orders, and what its process tells. */
export type ProgramEvent = ProgramCommand | ProcessEvent;
