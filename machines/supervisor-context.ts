import type { ActorRefFrom } from 'xstate';
import type { ProgramFact } from './facts.js';
import type {
  ConfigSynced,
  DirectoryNews,
  Fault,
  Message,
  MessageGarbled,
  MessagesReceived,
  SignalReceived,
} from './ports.js';
import type { ProgramSpec } from './program-spec.js';
import type { Timings } from './timings.js';
import type { ProgramRef, WardEvent, wardMachine } from './ward.js';

export interface SupervisorInput {
  readonly timings: Timings;
  /** Names of programs of which an earlier monitor left processes behind. They are ended before they are started. */
  readonly leftovers?: readonly string[];
}

export interface SupervisorContext {
  readonly timings: Timings;
  /** Names of programs whose processes may run though no actor of ours started them: to be ended before anything else. */
  readonly leftovers: ReadonlySet<string>;
  /** What the files want, by name. */
  readonly specs: ReadonlyMap<string, ProgramSpec>;
  /** What there is, by name: longer than `specs` while something removed is being ended. */
  readonly programs: ReadonlyMap<string, ProgramRef>;
  /** The parents of the programs. */
  readonly wards: readonly ActorRefFrom<typeof wardMachine>[];
  /** Names of programs whose actor was asked for. */
  readonly admitting: ReadonlySet<string>;
  /** Files that are bad at the moment, by name. */
  readonly faults: ReadonlyMap<string, Fault>;
  /** Messages that wait for a scan begun after they were seen. */
  readonly inbox: readonly { readonly ticket: number; readonly id: string; readonly message: Message }[];
  readonly lastTicket: number;
  /** The highest ticket of a scan that is known of. */
  readonly syncedTicket: number;
  /** Names of programs whose actor broke and was not brought back yet; their processes may live on. */
  readonly broken: ReadonlySet<string>;
  /** While stopping: programs that have not said that they are stopped. */
  readonly unstopped: number;
  /** While stopping: SIGKILL was asked for, and goes to whoever is brought back after that, too. */
  readonly isHurried: boolean;
}

export interface SupervisorOutput {
  /** Names of programs that could not be ended in time. */
  readonly left: readonly string[];
}

export type SupervisorEvent =
  | ConfigSynced
  | MessagesReceived
  | MessageGarbled
  | DirectoryNews
  | SignalReceived
  | ProgramFact
  | WardEvent
  | { readonly type: 'shutdown' }
  /** SIGKILL to everything, without waiting for killtime. */
  | { readonly type: 'shutdown.force' }
  /** A program whose actor broke is brought back. */
  | { readonly type: 'program.revive'; readonly name: string };

/** Programs that have not come to rest. */
export const leftOf = ({ programs, broken, admitting }: SupervisorContext) => [
  ...[...programs].filter(([, program]) => program.getSnapshot().value !== 'stopped').map(([name]) => name),
  ...broken,
  ...admitting,
];

/** How long the slowest program may take until SIGKILL, those that have no actor at the moment included. */
export const longestKilltime = ({ timings, specs, programs }: SupervisorContext) =>
  [...specs.values(), ...[...programs.values()].map((program) => program.getSnapshot().context.spec)].reduce(
    (longest, { stop }) => Math.max(longest, stop.killtime ?? 0),
    timings.killtime,
  );

/** Names of programs that need an actor, have none, and none was asked for. One that broke gets it when it is revived. */
export const homeless = ({ specs, leftovers, programs, admitting, broken }: SupervisorContext) =>
  [...new Set([...leftovers, ...specs.keys()])].filter(
    (name) => !programs.has(name) && !admitting.has(name) && !broken.has(name),
  );
