import { fromCallback, type AnyEventObject, type CallbackActorLogic, type NonReducibleUnknown } from 'xstate';
import type { ProgramSpec } from './program-spec.js';

/** How a process ended: exactly one of the two is not null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A reason from the closed table of error codes (`src/errors.ts`), and one sentence for people. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** The fault that an `xstate.error.actor.*` tells of; an actor that ended without one did so by itself. */
export function defectOf(event: { readonly type: string }): Fault {
  const error = 'error' in event ? event.error : new Error('its actor ended by itself');
  return { code: 'EDEFECT', message: error instanceof Error ? error.message : JSON.stringify(error) };
}

// --- process: one incarnation of a program --------------------------------------------------------------------------
// Broken, or stopped before its process is gone, the actor spawns nothing and tells nothing any more: what lives on is a
// leftover.

/** Which program to run: `args` is argv, and `revision` says which version of the program this is. */
export interface ProcessInput {
  readonly name: string;
  readonly args: readonly string[];
  readonly revision: string;
}

/** What a process actor is told. */
export type ProcessCommand =
  /** End everything of the process: the signal now, or as soon as the pid is known. Answered by `process.gone`. */
  | { readonly type: 'process.terminate'; readonly signal: string; readonly tree: boolean }
  /** SIGKILL to everything that is left, now and every 5 s until it is gone. */
  | { readonly type: 'process.kill' }
  /** Any signal, to the main process alone. */
  | { readonly type: 'process.signal'; readonly signal: string };

/** What a process actor tells its program. */
export type ProcessEvent =
  | { readonly type: 'process.started'; readonly pid: number; readonly run: string }
  /** The main process was reaped. `stragglers`: pids of its group and session that outlive it. */
  | { readonly type: 'process.exited'; readonly exit: Exit; readonly stragglers: readonly number[] }
  /** There is no process, and there was none that ran the program: the spawn failed. Nothing follows, whatever is asked. */
  | { readonly type: 'process.failed'; readonly error: Fault }
  /** After `process.terminate`: nothing of the process is left. */
  | { readonly type: 'process.gone' }
  /** What the stop waits for: pids that are still there. */
  | { readonly type: 'process.lingering'; readonly pids: readonly number[] }
  /** SIGKILL was sent and these pids are still there (uninterruptible sleep). */
  | { readonly type: 'process.stuck'; readonly pids: readonly number[] };

// --- leftovers: what an earlier monitor, or a defect of ours, left running under a program's name ------------------------

/**
 * Whose leftovers are to be ended. Told by `process.terminate` and `process.kill`, it answers with `process.gone`.
 */
export interface LeftoversInput {
  readonly name: string;
}

// --- config and messages: the two directories -------------------------------------------------------------------------

/** What a scan found, compared with what was told before. One that takes long may be told in parts. */
export interface ConfigSynced {
  readonly type: 'config.synced';
  readonly added: readonly ProgramSpec[];
  readonly changed: readonly { readonly spec: ProgramSpec; readonly keys: readonly string[] }[];
  readonly removed: readonly string[];
  /** Files that are bad now; their last good version, if any, stays in force. */
  readonly rejected: readonly { readonly name: string; readonly error: Fault }[];
  /** Files that were bad and are good or gone again. */
  readonly healed: readonly string[];
  /** What is odd in a good file, such as an unknown `ncolony.` key. */
  readonly warnings: readonly { readonly name: string; readonly warning: string }[];
  /** Every `config.scan` up to this ticket is answered: its names were looked at after it came. 0: none is by this. */
  readonly ticket: number;
}

/**
 * Look now. `names`: only these files, or all; what cannot be the name of one is none. A ticket that is higher than all before
 * is answered by a `config.synced` whose ticket is not lower.
 */
export interface ConfigScan {
  readonly type: 'config.scan';
  readonly ticket: number;
  readonly names: readonly string[] | 'all';
}

/** A request to the supervisor, as it is left in the messages directory. */
export type Message =
  | { readonly type: 'RESTART'; readonly name: string }
  | { readonly type: 'RESTART-ALL' }
  | { readonly type: 'RESTART-GROUP'; readonly group: string }
  | { readonly type: 'START'; readonly name: string }
  | { readonly type: 'SIGNAL'; readonly name: string; readonly signal: string };

/** Messages that came, in the order in which they are to be obeyed. */
export interface MessagesReceived {
  readonly type: 'messages.received';
  readonly messages: readonly { readonly id: string; readonly message: Message }[];
}

/** A message that means nothing. `of`: its type and name as far as they can be told; never its body. */
export interface MessageGarbled {
  readonly type: 'message.garbled';
  readonly id: string;
  readonly of: { readonly type?: string; readonly name?: string };
  readonly error: Fault;
}

/** What became of a message: acted on for `names`; understood but not acted on; or impossible to obey. */
export type Outcome =
  | { readonly kind: 'obeyed'; readonly names: readonly string[] }
  | { readonly kind: 'declined'; readonly error: Fault }
  | { readonly kind: 'rejected'; readonly error: Fault };

/** What the messages actor is told when a message has been judged. */
export interface MessageAnswer {
  readonly type: 'message.answer';
  readonly id: string;
  readonly outcome: Outcome;
}

/** How a directory fares; while one is lost, what was last read from it stays in force. */
export type DirectoryNews =
  | { readonly type: 'directory.lost'; readonly path: string; readonly error: Fault }
  | { readonly type: 'directory.found'; readonly path: string }
  /** No events come from it (any more): it is looked at every `frequency` only. */
  | { readonly type: 'directory.unwatched'; readonly path: string; readonly error: Fault };

// --- signals: what the operating system tells the monitor ---------------------------------------------------------------

/** A signal to the host: SIGHUP asks for a rescan, the others for the stop, and a second SIGINT for SIGKILL. */
export interface SignalReceived {
  readonly type: 'signal.received';
  readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP';
}

// -------------------------------------------------------------------------------------------------------------------------

/** A port: the types of an actor that the host has to provide, and a logic that fails loudly when it does not. */
export function port<TCommand extends AnyEventObject, TInput extends NonReducibleUnknown>(
  name: string,
): CallbackActorLogic<TCommand, TInput> {
  return fromCallback<TCommand, TInput>(() => {
    throw new Error(`actor ${name} was not provided`);
  });
}

export const processPort = port<ProcessCommand, ProcessInput>('process');
export const leftoversPort = port<ProcessCommand, LeftoversInput>('leftovers');
export const configPort = port<ConfigScan, NonReducibleUnknown>('config');
export const messagesPort = port<MessageAnswer, NonReducibleUnknown>('messages');
export const signalsPort = port<AnyEventObject, NonReducibleUnknown>('signals');

/** In the place of the leftovers, for processes that cannot outlive their host. */
export const noLeftovers = fromCallback<ProcessCommand, LeftoversInput>(({ sendBack, receive }) => {
  receive(({ type }) => {
    if (type === 'process.terminate') sendBack({ type: 'process.gone' } satisfies ProcessEvent);
  });
});

/** The ports through which orders come, for a host that gives none but its own events. */
export const noOrders = {
  messages: fromCallback<MessageAnswer>(() => {}),
  signals: fromCallback<AnyEventObject>(() => {}),
};
