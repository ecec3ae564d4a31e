import { assign, enqueueActions, raise, setup, stopChild, type ActorRefFrom, type EventObject } from 'xstate';
import type { Fact, ProgramFact } from './facts.js';
import { judge } from './judgement.js';
import {
  configPort,
  defectOf,
  messagesPort,
  signalsPort,
  type ConfigSynced,
  type DirectoryNews,
  type Fault,
  type Message,
  type MessageGarbled,
  type MessagesReceived,
  type SignalReceived,
} from './ports.js';
import { programMachine } from './program.js';
import { unknownProgram, type ProgramSpec } from './program-spec.js';
import { shutdownGrace, type Timings } from './timings.js';

export interface SupervisorInput {
  readonly timings: Timings;
  /** Names of programs of which an earlier monitor left processes behind. They are ended before they are started. */
  readonly leftovers?: readonly string[];
}

export interface SupervisorContext {
  readonly timings: Timings;
  readonly leftovers: readonly string[];
  /** What the files want, by name. */
  readonly specs: ReadonlyMap<string, ProgramSpec>;
  /** What there is, by name: longer than `specs` while something removed is being ended. */
  readonly programs: ReadonlyMap<string, ActorRefFrom<typeof programMachine>>;
  /** Files that are bad at the moment, by name. */
  readonly faults: ReadonlyMap<string, Fault>;
  /** Messages that wait for a scan begun after they were seen. */
  readonly inbox: readonly { readonly ticket: number; readonly id: string; readonly message: Message }[];
  readonly lastTicket: number;
  /** Names of programs whose actor broke and was not brought back yet; their processes may live on. */
  readonly broken: ReadonlySet<string>;
  /** While stopping: programs that have not said that they are stopped. */
  readonly unstopped: number;
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
  | { readonly type: 'shutdown' }
  /** SIGKILL to everything, without waiting for killtime. */
  | { readonly type: 'shutdown.force' }
  /** A program whose actor broke is brought back. */
  | { readonly type: 'program.revive'; readonly name: string };

const actorPrefix = 'program/';

/** Programs that have not come to rest. */
const leftOf = ({ programs, broken }: SupervisorContext) => [
  ...[...programs].filter(([, program]) => program.getSnapshot().value !== 'stopped').map(([name]) => name),
  ...broken,
];

/** How long the slowest program may take until SIGKILL. */
const longestKilltime = ({ timings, programs }: SupervisorContext) =>
  Math.max(
    timings.killtime,
    ...[...programs.values()].map((program) => program.getSnapshot().context.spec.stop.killtime ?? 0),
  );

/** The program whose actor an `xstate.done.actor.*` or `xstate.error.actor.*` is about, if it is about a program. */
function brokenProgram(event: EventObject): string | undefined {
  const id = 'actorId' in event ? String(event.actorId) : '';
  return id.startsWith(actorPrefix) ? id.slice(actorPrefix.length) : undefined;
}

const isFact = (event: SupervisorEvent): event is ProgramFact | DirectoryNews =>
  /^(?:program|directory)\./.test(event.type) && event.type !== 'program.revive';

export const supervisorMachine = setup({
  types: {
    input: {} as SupervisorInput,
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    emitted: {} as Fact,
    output: {} as SupervisorOutput,
  },
  actors: { program: programMachine, config: configPort, messages: messagesPort, signals: signalsPort },
  delays: {
    lastResort: ({ context }) => longestKilltime(context) + shutdownGrace / 2,
    shutdownDeadline: ({ context }) => longestKilltime(context) + shutdownGrace,
  },
  guards: {
    isHangup: ({ event }) => event.type === 'signal.received' && event.signal === 'SIGHUP',
    isInterrupt: ({ event }) => event.type === 'signal.received' && event.signal === 'SIGINT',
    isAllStopped: ({ context }) => context.unstopped === 0,
    isShutdownAnswer: ({ event }) => event.type === 'program.stopped' && event.by === 'shutdown',
    isProgramActor: ({ event }) => brokenProgram(event) !== undefined,
    isBroken: ({ context, event }) => event.type === 'program.revive' && context.broken.has(event.name),
    // It may have been started again since it said that it is stopped.
    isUnwanted: ({ context, event }) =>
      'name' in event &&
      !context.specs.has(event.name) &&
      context.programs.get(event.name)?.getSnapshot().value === 'stopped',
  },
  actions: {
    // One assign for a whole batch: XState copies its map of children on every spawn outside of one.
    takeSpecs: assign(({ context, event, spawn }) => {
      if (event.type !== 'config.synced') return {};
      const specs = new Map(context.specs);
      const programs = new Map(context.programs);
      const faults = new Map(context.faults);
      for (const spec of [...event.added, ...event.changed.map((change) => change.spec)]) {
        specs.set(spec.name, spec);
        if (programs.has(spec.name) || context.broken.has(spec.name)) continue;
        const input = { spec, timings: context.timings };
        programs.set(spec.name, spawn('program', { id: actorPrefix + spec.name, input }));
      }
      for (const name of event.removed) specs.delete(name);
      for (const name of event.healed) faults.delete(name);
      for (const { name, error } of event.rejected) faults.set(name, error);
      return { specs, programs, faults };
    }),
    reconcile: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'config.synced') return;
      const order = (spec: ProgramSpec, keys?: readonly string[]) => {
        const program = context.programs.get(spec.name);
        if (program) enqueue.sendTo(program, { type: 'program.configure', spec, ...(keys && { keys }) });
      };
      if (event.added.length > 0) enqueue.emit({ type: 'config.added', names: event.added.map(({ name }) => name) });
      for (const spec of event.added) order(spec);
      for (const { spec, keys } of event.changed) {
        enqueue.emit({ type: 'config.changed', name: spec.name, keys });
        order(spec, keys);
      }
      for (const name of event.removed) {
        enqueue.emit({ type: 'config.removed', name });
        const program = context.programs.get(name);
        if (program) enqueue.sendTo(program, { type: 'program.stop', by: 'removed' });
      }
      for (const { name, error } of event.rejected) {
        enqueue.emit({ type: 'config.rejected', name, error, running: context.specs.has(name) });
      }
      for (const name of event.healed) enqueue.emit({ type: 'config.healed', name });
      for (const { name, warning } of event.warnings) enqueue.emit({ type: 'config.warned', name, warning });
    }),

    // A message is judged by what the files say after it was seen.
    holdMessages: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'messages.received') return;
      const ticket = context.lastTicket + 1;
      const held = event.messages.map(({ id, message }) => ({ ticket, id, message }));
      enqueue.assign({ lastTicket: ticket, inbox: [...context.inbox, ...held] });
      const named = event.messages.flatMap(({ message }) => ('name' in message ? [message.name] : []));
      const names = named.length === event.messages.length ? [...new Set(named)] : 'all';
      enqueue.sendTo('config', { type: 'config.scan', ticket, names });
    }),
    judgeMessages: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'config.synced' || context.inbox.length === 0) return;
      const colony = {
        specs: context.specs,
        stateOf: (name: string) => context.programs.get(name)?.getSnapshot().value,
      };
      for (const { ticket, id, message } of context.inbox) {
        if (ticket > event.ticket) continue;
        const { orders, outcome } = judge(id, message, colony);
        for (const { name, command } of orders) {
          const program = context.programs.get(name);
          if (program) enqueue.sendTo(program, command);
        }
        enqueue.emit({ type: 'message.judged', id, message, outcome });
        enqueue.sendTo('messages', { type: 'message.answer', id, outcome });
      }
      enqueue.assign({ inbox: context.inbox.filter(({ ticket }) => ticket > event.ticket) });
    }),

    rejectMessage: enqueueActions(({ event, enqueue }) => {
      if (event.type !== 'message.garbled') return;
      const outcome = { kind: 'rejected', error: event.error } as const;
      enqueue.emit({ type: 'message.judged', id: event.id, message: event.of, outcome });
      enqueue.sendTo('messages', { type: 'message.answer', id: event.id, outcome });
    }),

    rescan: enqueueActions(({ context, event, enqueue }) => {
      enqueue.emit({ type: 'supervisor.rescanned', because: event.type });
      enqueue.sendTo('config', { type: 'config.scan', ticket: context.lastTicket, names: 'all' });
    }),

    // Leftovers have an actor before they have a file: killing ends them, and a file that comes sets what is next.
    adoptLeftovers: assign(({ context, spawn }) => {
      const programs = new Map(context.programs);
      for (const name of context.leftovers) {
        const input = { spec: unknownProgram(name), timings: context.timings };
        programs.set(name, spawn('program', { id: actorPrefix + name, input }));
      }
      return { programs, leftovers: [] };
    }),
    reapLeftovers: enqueueActions(({ context, enqueue }) => {
      for (const program of context.programs.values()) enqueue.sendTo(program, { type: 'program.reap' });
    }),
    reap: enqueueActions(({ context, event, enqueue }) => {
      const name = 'name' in event ? event.name : (brokenProgram(event) ?? '');
      const program = context.programs.get(name);
      if (program === undefined) return;
      const programs = new Map(context.programs);
      programs.delete(name);
      enqueue.assign({ programs });
      enqueue(stopChild(program));
    }),

    // A defect in one actor restarts that program, not the monitor.
    reportDefect: enqueueActions(({ context, event, enqueue }) => {
      const name = brokenProgram(event) ?? '';
      enqueue.assign({ broken: new Set(context.broken).add(name) });
      enqueue.emit({ type: 'program.defect', name, error: defectOf(event) });
    }),
    reviveLater: enqueueActions(({ context, event, enqueue }) => {
      const name = brokenProgram(event) ?? '';
      const delay = context.timings.minRestartDelay;
      enqueue(raise({ type: 'program.revive', name }, { id: `revive/${name}`, delay }));
    }),
    revive: enqueueActions(({ context, event, enqueue }, params: { readonly isStopping: boolean }) => {
      if (event.type !== 'program.revive') return;
      const known = context.specs.get(event.name) ?? unknownProgram(event.name);
      const spec: ProgramSpec = params.isStopping ? { ...known, wanted: 'down' } : known;
      enqueue.assign(({ spawn }) => {
        const input = { spec, timings: context.timings };
        const program = spawn('program', { id: actorPrefix + spec.name, input });
        const broken = new Set(context.broken);
        broken.delete(spec.name);
        return { programs: new Map(context.programs).set(spec.name, program), broken };
      });
      // Its process may live on: the same way as after the death of a monitor.
      enqueue.sendTo(actorPrefix + spec.name, { type: 'program.reap' });
      if (params.isStopping) enqueue.sendTo(actorPrefix + spec.name, { type: 'program.stop', by: 'shutdown' });
    }),

    stopAll: enqueueActions(({ context, event, enqueue }) => {
      enqueue.emit({ type: 'supervisor.stopping', because: event.type });
      enqueue.assign({ unstopped: context.programs.size + context.broken.size });
      for (const program of context.programs.values()) {
        enqueue.sendTo(program, { type: 'program.stop', by: 'shutdown' });
      }
      for (const name of context.broken) enqueue.raise({ type: 'program.revive', name });
    }),
    killAll: enqueueActions(({ context, enqueue }) => {
      for (const program of context.programs.values()) enqueue.sendTo(program, { type: 'program.kill' });
    }),
    countStopped: assign({ unstopped: ({ context }) => context.unstopped - 1 }),

    relay: enqueueActions(({ event, enqueue }) => {
      if (isFact(event)) enqueue.emit(event);
    }),
    tellStopped: enqueueActions(({ context, enqueue }) => {
      enqueue.emit({ type: 'supervisor.stopped', left: leftOf(context) });
    }),
  },
}).createMachine({
  id: 'supervisor',
  description: 'Keeps the programs that the files want, and nothing else.',
  context: ({ input }) => ({
    timings: input.timings,
    leftovers: input.leftovers ?? [],
    specs: new Map(),
    programs: new Map(),
    faults: new Map(),
    inbox: [],
    lastTicket: 0,
    broken: new Set(),
    unstopped: 0,
  }),
  invoke: { src: 'signals', id: 'signals' },
  output: ({ context }) => ({ left: leftOf(context) }),
  initial: 'supervising',
  states: {
    supervising: {
      description: 'What the two directories say is carried out.',
      entry: ['adoptLeftovers', 'reapLeftovers'],
      invoke: [
        { src: 'config', id: 'config' },
        { src: 'messages', id: 'messages' },
      ],
      on: {
        'config.synced': { actions: ['takeSpecs', 'reconcile', 'judgeMessages'] },
        'messages.received': { actions: 'holdMessages' },
        'message.garbled': { actions: 'rejectMessage' },
        'directory.*': { actions: 'relay' },
        'program.revive': { guard: 'isBroken', actions: { type: 'revive', params: { isStopping: false } } },
        'program.stopped': [{ guard: 'isUnwanted', actions: ['relay', 'reap'] }, { actions: 'relay' }],
        'program.*': { actions: 'relay' },
        'signal.received': [{ guard: 'isHangup', actions: 'rescan' }, { target: 'stopping' }],
        shutdown: { target: 'stopping' },
        'xstate.error.actor.*': { guard: 'isProgramActor', actions: ['reportDefect', 'reap', 'reviveLater'] },
        'xstate.done.actor.*': { guard: 'isProgramActor', actions: ['reportDefect', 'reap', 'reviveLater'] },
        // shutdown.force: only a stop is hastened.
      },
    },
    stopping: {
      description: 'Every program is being stopped; no order is taken but to hurry.',
      entry: 'stopAll',
      always: { guard: 'isAllStopped', target: 'stopped' },
      after: {
        // What SIGKILL should have ended by now, whatever kept it from being sent.
        lastResort: { actions: 'killAll' },
        shutdownDeadline: { target: 'stopped' },
      },
      on: {
        // Counted, not reaped one by one: the end of the root ends its children.
        'program.stopped': [{ guard: 'isShutdownAnswer', actions: ['relay', 'countStopped'] }, { actions: 'relay' }],
        'program.*': { actions: 'relay' },
        // Only to end what it left behind.
        'program.revive': { guard: 'isBroken', actions: { type: 'revive', params: { isStopping: true } } },
        'signal.received': { guard: 'isInterrupt', actions: 'killAll' },
        'shutdown.force': { actions: 'killAll' },
        'xstate.error.actor.*': { guard: 'isProgramActor', actions: ['reportDefect', 'reap', 'reviveLater'] },
        'xstate.done.actor.*': { guard: 'isProgramActor', actions: ['reportDefect', 'reap', 'reviveLater'] },
        // config.*, message*, directory.*: their actors are gone. shutdown: it is under way.
      },
    },
    stopped: {
      description: 'Nothing of the colony runs, or what could not be ended has been named.',
      entry: 'tellStopped',
      type: 'final',
    },
  },
});
