import type { ProgramFact } from './facts.js';
import type { Intensity } from './intensity.js';
import type { SupervisorMemory } from './program-memory.js';
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
import { longestTimer, shutdownGrace, type Timings } from './timings.js';
import { wardCapacity, type ProgramRef, type WardEvent, type WardRef } from './ward.js';

/** What a supervisor begins with. */
export interface SupervisorInput {
  readonly timings: Timings;
  /** Names of programs of which an earlier monitor left processes behind. They are ended before they are started. */
  readonly leftovers?: readonly string[];
  /** What a supervisor before this one knew of them, from `memoryOf`. */
  readonly remembered?: SupervisorMemory | undefined;
  /** When it gives up; default: never. */
  readonly intensity?: Intensity | undefined;
}

/** What a supervisor knows. No environment value is in it. */
export interface SupervisorContext {
  readonly timings: Timings;
  /** Names of programs whose processes may run though no actor of ours started them: to be ended before anything else. */
  readonly leftovers: ReadonlySet<string>;
  /** What is remembered of programs that were not given an actor yet. */
  readonly remembered: SupervisorMemory;
  readonly intensity: Intensity | undefined;
  /** Deaths that count, within the time of `intensity`. */
  readonly deaths: number;
  /** Why it gave up. */
  readonly gaveUp: Fault | undefined;
  /** What the files want, by name. */
  readonly specs: ReadonlyMap<string, ProgramSpec>;
  /** What there is, by name: longer than `specs` while something removed is being ended. */
  readonly programs: ReadonlyMap<string, ProgramRef>;
  /** The parents of the programs. */
  readonly wards: readonly WardRef[];
  /** Programs whose actor was asked for, by name, and where. */
  readonly admitting: ReadonlyMap<string, WardRef>;
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

/** How a supervisor ended. */
export interface SupervisorOutput {
  /** Names of programs that could not be ended in time. */
  readonly left: readonly string[];
  /** Why it stopped by itself; absent where it was told to. */
  readonly gaveUp?: Fault;
}

/** What a supervisor is told: by its actors, by its programs, and by its host (`shutdown`, `shutdown.force`). */
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
  | { readonly type: 'program.revive'; readonly name: string }
  /** One of the deaths that count was so long ago that it counts no more. */
  | { readonly type: 'death.forgotten' };

/** Programs that have not come to rest. */
export const leftOf = ({ programs, broken, admitting }: SupervisorContext) => [
  ...[...programs].filter(([, program]) => program.getSnapshot().value !== 'stopped').map(([name]) => name),
  ...broken,
  ...admitting.keys(),
];

/**
 * How long a shutdown may take, ms: until the slowest program is sent SIGKILL, those that have no actor at the moment
 * included, and the grace after it.
 */
export function shutdownTime({ timings, specs, programs }: SupervisorContext): number {
  const actors = [...programs.values()].map((program) => program.getSnapshot().context.spec);
  const killtimes = [...specs.values(), ...actors].map(({ stop }) => stop.killtime ?? 0);
  const longest = killtimes.reduce((longer, killtime) => Math.max(longer, killtime), timings.killtime);
  return Math.min(longest + shutdownGrace, longestTimer);
}

/**
 * Names of programs that need an actor, have none, and none was asked for: of those of which there is news, since nobody
 * else is in want of one. One that broke gets it when it is revived.
 */
export function homeless(context: SupervisorContext, news: SupervisorEvent): string[] {
  const { specs, leftovers, programs, admitting, broken } = context;
  const isHomeless = (name: string) =>
    (specs.has(name) || leftovers.has(name)) && !programs.has(name) && !admitting.has(name) && !broken.has(name);
  return [...new Set(namesIn(news, context))].filter(isHomeless);
}

/** Without any news of its own, a supervisor begins with what was left. */
function namesIn(news: SupervisorEvent, { leftovers }: SupervisorContext): Iterable<string> {
  if (news.type === 'config.synced')
    return [...news.added, ...news.changed.map(({ spec }) => spec)].map(({ name }) => name);
  return news.type === 'program.revive' ? [news.name] : leftovers;
}

/**
 * How many more programs each ward takes. Whoever it has admitted, and has not told of yet, is counted twice: rather one
 * ward too many than a full one.
 */
export function placesIn({ wards, admitting }: SupervisorContext): ReadonlyMap<WardRef, number> {
  const asked = new Map<WardRef, number>();
  for (const ward of admitting.values()) asked.set(ward, (asked.get(ward) ?? 0) + 1);
  const takenIn = (ward: WardRef) => ward.getSnapshot().context.programs.size + (asked.get(ward) ?? 0);
  return new Map(wards.map((ward) => [ward, Math.max(0, wardCapacity - takenIn(ward))]));
}
