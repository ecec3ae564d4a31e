import { assign, enqueueActions, raise, setup, type ActorRefFrom } from 'xstate';
import { firstOrders, lastOrders } from './admission.js';
import type { Fact, ProgramFact } from './facts.js';
import { gaveUp } from './intensity.js';
import { judge, startDue } from './judgement.js';
import { configPort, messagesPort, signalsPort, type DirectoryNews } from './ports.js';
import { rememberedOf } from './program-memory.js';
import { unknownProgram, type ProgramSpec } from './program-spec.js';
import { SharedMap } from './shared-map.js';
import {
  homeless,
  leftOf,
  placesIn,
  shutdownTime,
  type SupervisorContext,
  type SupervisorEvent,
  type SupervisorInput,
  type SupervisorOutput,
} from './supervisor-context.js';
import { longestTimer, shutdownGrace } from './timings.js';
import { wardCapacity, wardMachine } from './ward.js';

const isFact = (event: SupervisorEvent): event is ProgramFact | DirectoryNews =>
  /^(?:program|directory)\./.test(event.type) && event.type !== 'program.revive';

/** The actor of a supervisor. */
export type SupervisorRef = ActorRefFrom<typeof supervisorMachine>;

/**
 * Keeps the programs that its source wants, and nothing else (id `supervisor`). Its host provides `config`, `messages`,
 * `signals` and, in `ward`, the program with its own actors (`supervisorWith` asks for all of them). It emits every `Fact`,
 * ends after `shutdown`, a signal or a give-up, and then has `SupervisorOutput`. Where an actor of its own breaks that
 * it cannot go on without, it breaks: its parent gets `xstate.error.actor.*`.
 */
export const supervisorMachine = setup({
  types: {
    input: {} as SupervisorInput,
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    emitted: {} as Fact,
    output: {} as SupervisorOutput,
  },
  actors: { ward: wardMachine, config: configPort, messages: messagesPort, signals: signalsPort },
  delays: {
    lastResort: ({ context }) => shutdownTime(context) - shutdownGrace / 2,
    shutdownDeadline: ({ context }) => shutdownTime(context),
  },
  guards: {
    isHangup: ({ event }) => event.type === 'signal.received' && event.signal === 'SIGHUP',
    isInterrupt: ({ event }) => event.type === 'signal.received' && event.signal === 'SIGINT',
    isAllStopped: ({ context }) => context.unstopped === 0,
    isShutdownAnswer: ({ event }) => event.type === 'program.stopped' && event.by === 'shutdown',
    // It may have been let go before its ward told of the loss, and its name may have a new actor.
    isOurLoss: ({ context, event }) => event.type === 'ward.lost' && context.programs.get(event.name) === event.program,
    isBroken: ({ context, event }) => event.type === 'program.revive' && context.broken.has(event.name),
    isTooMuch: ({ context: { deaths, intensity } }) => intensity !== undefined && deaths > intensity.deaths,
    // It may have been started again since it said that it is stopped.
    isUnwanted: ({ context, event }) =>
      'name' in event &&
      !context.specs.has(event.name) &&
      context.programs.get(event.name)?.getSnapshot().value === 'stopped',
  },
  actions: {
    takeSpecs: assign(({ context, event }) => {
      if (event.type !== 'config.synced') return {};
      const news = [...event.added, ...event.changed.map(({ spec }) => spec)];
      const specs = SharedMap.of(context.specs)
        .with(news.map((spec) => [spec.name, spec]))
        .without(event.removed);
      const faults = new Map(context.faults);
      for (const name of event.healed) faults.delete(name);
      for (const { name, error } of event.rejected) faults.set(name, error);
      return { specs, faults, syncedTicket: Math.max(context.syncedTicket, event.ticket) };
    }),

    // Whoever is wanted, or has left something running, gets an actor; its first order comes when it has one.
    openWards: assign(({ context, event, spawn, self }) => {
      const names = homeless(context, event);
      if (names.length === 0) return {};
      const free = [...placesIn(context).values()].reduce((sum, places) => sum + places, 0);
      const count = Math.max(0, Math.ceil((names.length - free) / wardCapacity));
      const input = { timings: context.timings, supervisor: self };
      const opened = Array.from({ length: count }, (_, index) =>
        spawn('ward', { id: `ward/${context.wards.length + index}`, input }),
      );
      return count === 0 ? {} : { wards: [...context.wards, ...opened] };
    }),
    admit: enqueueActions(({ context, event, enqueue }) => {
      const names = homeless(context, event);
      if (names.length === 0) return;
      const admitting = new Map(context.admitting);
      for (const [ward, places] of placesIn(context)) {
        const admitted = names.splice(0, places);
        if (admitted.length === 0) continue;
        for (const name of admitted) admitting.set(name, ward);
        const specs = admitted.map((name) => context.specs.get(name) ?? unknownProgram(name));
        const remembered = Object.fromEntries(
          admitted.flatMap((name) => {
            const memory = rememberedOf(context.remembered, name);
            return memory === undefined ? [] : [[name, memory]];
          }),
        );
        enqueue.sendTo(ward, { type: 'ward.admit', specs, ...(Object.keys(remembered).length > 0 && { remembered }) });
      }
      // It is remembered once: what comes back under the name later is another program.
      const rest = Object.entries(context.remembered).filter(([name]) => !admitting.has(name));
      enqueue.assign({ admitting, remembered: Object.fromEntries(rest) });
    }),
    welcome: enqueueActions(({ context, event, enqueue }, params: { readonly isStopping: boolean }) => {
      if (event.type !== 'ward.admitted') return;
      const leftovers = new Set(context.leftovers);
      const admitting = new Map(context.admitting);
      for (const [name, program] of event.programs) {
        admitting.delete(name);
        const newcomer = {
          name,
          admitted: program.getSnapshot().context.spec,
          spec: context.specs.get(name),
          wasLeft: leftovers.delete(name),
        };
        const orders = params.isStopping ? lastOrders(newcomer, context.isHurried) : firstOrders(newcomer);
        for (const order of orders) enqueue.sendTo(program, order);
      }
      enqueue.assign({ programs: SharedMap.of(context.programs).with(event.programs), admitting, leftovers });
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
        enqueue.emit({ type: 'config.changed', name: spec.name, keys, wanted: spec.wanted });
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
    judgeMessages: enqueueActions(({ context, enqueue }) => {
      // An order to a program that is being admitted would be lost.
      if (context.inbox.length === 0 || context.admitting.size > 0) return;
      const colony = {
        specs: context.specs,
        stateOf: (name: string) => context.programs.get(name)?.getSnapshot().value,
      };
      for (const { ticket, id, message } of context.inbox) {
        if (ticket > context.syncedTicket) continue;
        const { orders, outcome } = judge(id, message, colony);
        for (const { name, command } of orders) {
          const program = context.programs.get(name);
          if (program) enqueue.sendTo(program, command);
        }
        const starts = orders.map((order) => {
          const program = context.programs.get(order.name)?.getSnapshot();
          return startDue(order, { state: program?.value ?? 'stopped', starts: program?.context.starts ?? 0 });
        });
        enqueue.emit({ type: 'message.judged', id, message, outcome, starts });
        enqueue.sendTo('messages', { type: 'message.answer', id, outcome });
      }
      enqueue.assign({ inbox: context.inbox.filter(({ ticket }) => ticket > context.syncedTicket) });
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

    reap: enqueueActions(({ context, event, enqueue }) => {
      if (!('name' in event)) return;
      const program = context.programs.get(event.name);
      if (program?._parent === undefined) return;
      enqueue.assign({ programs: SharedMap.of(context.programs).without([event.name]) });
      enqueue.sendTo(program._parent, { type: 'ward.discharge', name: event.name });
    }),

    // A defect in one actor restarts that program, not the monitor.
    noteLoss: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'ward.lost') return;
      const { name, program, error } = event;
      const lost = program.getSnapshot();
      // Brought back, it will say once more that it is stopped.
      const hasAnswered = lost.value === 'stopped' && lost.context.stopCause === 'shutdown';
      enqueue.assign({
        programs: SharedMap.of(context.programs).without([name]),
        broken: new Set(context.broken).add(name),
        unstopped: context.unstopped + (hasAnswered ? 1 : 0),
      });
      enqueue.emit({ type: 'program.defect', name, error });
    }),
    reviveLater: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'ward.lost') return;
      const { name } = event;
      const delay = Math.min(context.timings.minRestartDelay, longestTimer);
      enqueue(raise({ type: 'program.revive', name }, { id: `revive/${name}`, delay }));
    }),
    // Its process may live on: the same way as after the death of a monitor.
    revive: assign(({ context, event }) => {
      if (event.type !== 'program.revive') return {};
      const broken = new Set(context.broken);
      broken.delete(event.name);
      return { broken, leftovers: new Set(context.leftovers).add(event.name) };
    }),

    // --- giving up
    countDeath: enqueueActions(({ context, event, enqueue }) => {
      if (context.intensity === undefined || (event.type === 'program.died' && event.asked)) return;
      enqueue.assign({ deaths: context.deaths + 1 });
      enqueue(raise({ type: 'death.forgotten' }, { delay: Math.min(context.intensity.within, longestTimer) }));
    }),
    forgetDeath: assign({ deaths: ({ context }) => Math.max(0, context.deaths - 1) }),
    giveUp: enqueueActions(({ context, event, enqueue }) => {
      if (context.intensity === undefined || !('name' in event)) return;
      const error = gaveUp(context.intensity, event.name);
      enqueue.assign({ gaveUp: error });
      enqueue.emit({ type: 'supervisor.gave-up', error });
    }),

    stopAll: enqueueActions(({ context, event, enqueue }) => {
      enqueue.emit({ type: 'supervisor.stopping', because: event.type });
      enqueue.assign({ unstopped: context.programs.size + context.broken.size + context.admitting.size });
      for (const program of context.programs.values()) {
        enqueue.sendTo(program, { type: 'program.stop', by: 'shutdown' });
      }
      for (const name of context.broken) enqueue.raise({ type: 'program.revive', name });
    }),
    killAll: enqueueActions(({ context, enqueue }) => {
      enqueue.assign({ isHurried: true });
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
    leftovers: new Set(input.leftovers),
    remembered: input.remembered ?? {},
    intensity: input.intensity,
    deaths: 0,
    gaveUp: undefined,
    specs: new Map(),
    programs: new Map(),
    wards: [],
    admitting: new Map(),
    faults: new Map(),
    inbox: [],
    lastTicket: 0,
    syncedTicket: 0,
    broken: new Set(),
    unstopped: 0,
    isHurried: false,
  }),
  invoke: { src: 'signals', id: 'signals' },
  output: ({ context }) => ({ left: leftOf(context), ...(context.gaveUp && { gaveUp: context.gaveUp }) }),
  initial: 'supervising',
  states: {
    supervising: {
      description: 'What the two directories say is carried out.',
      entry: ['openWards', 'admit'],
      invoke: [
        { src: 'config', id: 'config' },
        { src: 'messages', id: 'messages' },
      ],
      always: { guard: 'isTooMuch', target: 'stopping', actions: 'giveUp' },
      on: {
        'config.synced': { actions: ['takeSpecs', 'openWards', 'admit', 'reconcile', 'judgeMessages'] },
        'ward.admitted': { actions: [{ type: 'welcome', params: { isStopping: false } }, 'judgeMessages'] },
        'ward.lost': { guard: 'isOurLoss', actions: ['noteLoss', 'reviveLater', 'countDeath'] },
        'messages.received': { actions: 'holdMessages' },
        'message.garbled': { actions: 'rejectMessage' },
        'directory.*': { actions: 'relay' },
        'program.revive': { guard: 'isBroken', actions: ['revive', 'openWards', 'admit'] },
        'program.stopped': [{ guard: 'isUnwanted', actions: ['relay', 'reap'] }, { actions: 'relay' }],
        'program.died': { actions: ['relay', 'countDeath'] },
        'program.failed': { actions: ['relay', 'countDeath'] },
        'program.*': { actions: 'relay' },
        'death.forgotten': { actions: 'forgetDeath' },
        'signal.received': [{ guard: 'isHangup', actions: 'rescan' }, { target: 'stopping' }],
        shutdown: { target: 'stopping' },
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
        'program.revive': { guard: 'isBroken', actions: ['revive', 'openWards', 'admit'] },
        'ward.admitted': { actions: { type: 'welcome', params: { isStopping: true } } },
        'ward.lost': { guard: 'isOurLoss', actions: ['noteLoss', 'reviveLater'] },
        'signal.received': { guard: 'isInterrupt', actions: 'killAll' },
        'shutdown.force': { actions: 'killAll' },
        // config.*, message*, directory.*: their actors are gone. shutdown: it is under way. death.forgotten: deaths do not
        // count any more.
      },
    },
    stopped: {
      description: 'Nothing of the colony runs, or what could not be ended has been named.',
      entry: 'tellStopped',
      type: 'final',
    },
  },
});
