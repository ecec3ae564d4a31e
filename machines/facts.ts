import type { DirectoryNews, Exit, Fault, Message, Outcome } from './ports.js';
import type { ProgramContext, ProgramEvent } from './program-context.js';
import type { Wanted } from './program-spec.js';

/** Why something happened: the type of the event that caused it, who asked, and which keys of the file changed. */
export interface Cause {
  readonly because: string;
  /** The id of the message, or `shutdown`, or `removed`; absent when nobody asked. */
  readonly by?: string | undefined;
  readonly keys?: readonly string[] | undefined;
}

/**
 * What a program tells its supervisor, and the supervisor emits to the world: past facts, never orders.
 * Durations are milliseconds. No fact carries a time of its own (machines have no clock; observers do) or an
 * environment value.
 */
export type ProgramFact = { readonly name: string } & (
  | ({ readonly type: 'program.starting'; readonly starts: number } & Cause)
  | { readonly type: 'program.started'; readonly pid: number; readonly run: string }
  | { readonly type: 'program.running'; readonly pid: number | null; readonly run: string | null }
  | {
      readonly type: 'program.died';
      readonly exit: Exit;
      readonly stragglers: readonly number[];
      /** It was being ended. */
      readonly asked?: true;
    }
  | { readonly type: 'program.failed'; readonly error: Fault }
  | ({
      readonly type: 'program.backing-off';
      readonly delay: number;
      readonly instantDeaths: number;
      readonly instantDeathsInRow: number;
    } & Cause)
  | ({ readonly type: 'program.killing'; readonly signal: string; readonly killtime: number } & Cause)
  | { readonly type: 'program.lingering'; readonly pids: readonly number[] }
  | { readonly type: 'program.killed' }
  | { readonly type: 'program.stuck'; readonly error: Fault; readonly pids: readonly number[] }
  | ({ readonly type: 'program.stopped' } & Cause)
);

/** What the supervisor itself tells. */
export type SupervisorFact =
  | { readonly type: 'supervisor.stopping'; readonly because: string }
  | { readonly type: 'supervisor.stopped'; readonly left: readonly string[] }
  /** Its programs died too often: it stops them, and itself. */
  | { readonly type: 'supervisor.gave-up'; readonly error: Fault }
  | { readonly type: 'supervisor.rescanned'; readonly because: string }
  | { readonly type: 'config.added'; readonly names: readonly string[] }
  | {
      readonly type: 'config.changed';
      readonly name: string;
      readonly keys: readonly string[];
      readonly wanted: Wanted;
    }
  | { readonly type: 'config.removed'; readonly name: string }
  | { readonly type: 'config.rejected'; readonly name: string; readonly error: Fault; readonly running: boolean }
  | { readonly type: 'config.healed'; readonly name: string }
  | { readonly type: 'config.warned'; readonly name: string; readonly warning: string }
  | {
      readonly type: 'message.judged';
      readonly id: string;
      /** A garbled message as far as it can be told. */
      readonly message: Message | { readonly type?: string; readonly name?: string };
      readonly outcome: Outcome;
      /** By which start (`program.starting`) of each of the obeying programs it is done, in their order. */
      readonly starts?: readonly number[];
    }
  | DirectoryNews
  | { readonly type: 'program.defect'; readonly name: string; readonly error: Fault };

/** Everything that a supervisor emits. */
export type Fact = ProgramFact | SupervisorFact;

/** What a program is to say. */
export interface Telling {
  readonly fact: ProgramFact['type'];
  /** Somebody asked for it. */
  readonly asked?: true;
}

/** Builds a fact from what the program knows now and the event that made it speak. */
export function factOf({ fact: type, asked }: Telling, context: ProgramContext, event: ProgramEvent): ProgramFact {
  const { name } = context.spec;
  const cause = {
    because: event.type,
    by: 'by' in event ? event.by : type === 'program.stopped' ? context.stopCause : undefined,
    keys: 'keys' in event ? event.keys : undefined,
  };
  switch (type) {
    case 'program.starting':
      return { type, name, starts: context.starts, ...cause };
    case 'program.started':
      return { type, name, pid: context.pid ?? 0, run: context.run ?? '' };
    case 'program.running':
      return { type, name, pid: context.pid, run: context.run };
    case 'program.died':
      return {
        type,
        name,
        exit: context.lastExit ?? { code: null, signal: null },
        stragglers: context.stragglers,
        ...(asked && { asked }),
      };
    case 'program.failed':
      return { type, name, error: context.error ?? { code: 'EDEFECT', message: 'unknown' } };
    case 'program.backing-off':
      return {
        type,
        name,
        delay: context.restartDelay,
        instantDeaths: context.instantDeaths,
        instantDeathsInRow: context.instantDeathsInRow,
        ...cause,
      };
    case 'program.killing':
      return {
        type,
        name,
        signal: context.spec.stop.signal,
        killtime: context.spec.stop.killtime ?? context.timings.killtime,
        ...cause,
      };
    case 'program.lingering':
      return { type, name, pids: context.stragglers };
    case 'program.killed':
      return { type, name };
    case 'program.stuck':
      return { type, name, error: context.error ?? { code: 'ESTUCK', message: '' }, pids: context.stragglers };
    case 'program.stopped':
      return { type, name, ...cause };
  }
}
