import type { BigIntStats } from 'node:fs';
import { fromCallback, type AnyActorRef, type AnyEventObject, type CallbackActorLogic } from 'xstate';
import { programMachine, wardMachine, type ConfigScan, type Fault, type MessageAnswer } from '../machines/index.js';
import { createConfigDirectoryActor } from './actors/config-directory.js';
import { Descendants } from './actors/descendants.js';
import { createLeftoversActor, namesOfLeftovers } from './actors/leftovers.js';
import { createMessageDirectoryActor } from './actors/message-directory.js';
import { osSignalsActor } from './actors/os-signals.js';
import { createProcessActor, type ProcessHost } from './actors/process.js';
import type { Colony } from './colony.js';
import type { Launcher } from './os/launcher.js';
import { ProcessTable } from './os/process-table.js';
import { TurnQueue } from './os/turn-queue.js';
import type { Outputs } from './output/outputs.js';
import type { ProgramFile } from './protocol/program-file.js';
import { userFault } from './protocol/rights.js';
import type { ProcessRecord } from './protocol/run-record.js';

export interface RealPortsOptions {
  /** The program files in force, by name; kept by the config actor. */
  readonly files: Map<string, ProgramFile>;
  /** Milliseconds between two full rescans. */
  readonly frequency: number;
  readonly launcher: Launcher;
  readonly outputs: Outputs;
  /** Main processes on record, by the name of their program. */
  readonly recorded: ReadonlyMap<string, ProcessRecord>;
  /** Notes a process that is about to be started. */
  readonly announce: ProcessHost['announce'];
  /** Notes by what it can be told for good. */
  readonly identify: ProcessHost['identify'];
  /** Uids that could order the monitor anyway: their processes may be ended as leftovers. */
  readonly trustedUsers: readonly number[];
  /** Why a file must not be obeyed, by whose it is. */
  readonly refuseOwner: (stats: BigIntStats) => Fault | undefined;
  /** Whether the signals of this process are listened to. */
  readonly signals: boolean;
  readonly warn: (problem: string) => void;
  /** Told of the supervisor, before any of its actors does anything. */
  readonly begun: (parent: AnyActorRef | undefined) => void;
}

/** The real actors, each in the place of a port. */
export interface RealActors {
  readonly ward: typeof wardMachine;
  readonly config: CallbackActorLogic<ConfigScan>;
  readonly messages: CallbackActorLogic<MessageAnswer>;
  readonly signals: CallbackActorLogic<AnyEventObject>;
}

/** The ports made real, for `supervisorMachine.provide`, and the names of programs with leftovers. */
export async function createRealPorts(colony: Colony, options: RealPortsOptions) {
  const { files, frequency, launcher, outputs, refuseOwner } = options;
  const table = new ProcessTable(colony.identity);
  const runs = colony.records.runs.map(({ run }) => run);
  const descendants = new Descendants(options.trustedUsers, runs);
  const take = (path: string) => colony.held.take(path);
  const leftovers = { table, descendants, recorded: options.recorded };
  const process = createProcessActor({
    files,
    launcher,
    table,
    descendants,
    outputs,
    announce: options.announce,
    identify: options.identify,
    colony: colony.identity,
    turns: new TurnQueue(),
    inherited: globalThis.process.env,
  });
  const actors: RealActors = {
    ward: wardMachine.provide({
      actors: { program: programMachine.provide({ actors: { process, leftovers: createLeftoversActor(leftovers) } }) },
    }),
    config: announced(
      createConfigDirectoryActor({
        path: colony.config,
        frequency,
        take,
        files,
        refuse: (file, stats) => refuseUser(file) ?? refuseOwner(stats),
      }),
      options.begun,
    ),
    messages: announced(
      createMessageDirectoryActor({
        path: colony.messages,
        rejected: colony.paths.rejected,
        frequency,
        take,
        refuse: refuseOwner,
        warn: options.warn,
      }),
      options.begun,
    ),
    signals: announced(options.signals ? osSignalsActor : noSignals, options.begun),
  };
  return { actors, leftovers: await namesOfLeftovers(leftovers) };
}

const noSignals = fromCallback<AnyEventObject>(() => {});

/** The same actor; before it starts its parent is told of. */
function announced<TEvent extends AnyEventObject, TInput>(
  logic: CallbackActorLogic<TEvent, TInput>,
  begun: RealPortsOptions['begun'],
): CallbackActorLogic<TEvent, TInput> {
  return {
    ...logic,
    start: (snapshot, scope) => {
      begun(scope.self._parent);
      logic.start?.(snapshot, scope);
    },
  };
}

function refuseUser({ rights }: ProgramFile): Fault | undefined {
  return process.geteuid?.() === 0 ? undefined : userFault(rights);
}
