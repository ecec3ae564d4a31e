import { assign, enqueueActions, sendTo, setup, stopChild, type ActorRefFrom } from 'xstate';
import type { ProgramFact } from './facts.js';
import { leftoversPort, processPort, type Exit, type Fault, type ProcessEvent } from './ports.js';
import type { ProgramSpec, Wanted } from './program-spec.js';
import { nextRestartDelay, type Timings } from './timings.js';

/** The five states of a program, in the order of its life. */
export const programStates = ['stopped', 'starting', 'running', 'backing-off', 'killing'] as const;
export type ProgramState = (typeof programStates)[number];

export interface ProgramInput {
  readonly spec: ProgramSpec;
  readonly timings: Timings;
}

export interface ProgramContext {
  readonly spec: ProgramSpec;
  readonly timings: Timings;
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

export type ProgramEvent = ProgramCommand | ProcessEvent;

const isDefect = (type: string) => type.startsWith('xstate.error.actor.');

function defectOf(event: { type: string }): Fault {
  const error = 'error' in event ? event.error : undefined;
  return { code: 'EDEFECT', message: error instanceof Error ? error.message : String(error) };
}

export const programMachine = setup({
  types: {
    input: {} as ProgramInput,
    context: {} as ProgramContext,
    events: {} as ProgramEvent,
    emitted: {} as ProgramFact,
  },
  actors: { process: processPort, leftovers: leftoversPort },
  delays: {
    threshold: ({ context }) => context.timings.threshold,
    killtime: ({ context }) => context.spec.stop.killtime ?? context.timings.killtime,
    restartDelay: ({ context }) => context.restartDelay,
  },
  guards: {
    isThresholdZero: ({ context }) => context.timings.threshold === 0,
    isWantedUp: ({ context }) => context.wanted === 'up',
    isWantedDown: ({ context }) => context.wanted === 'down',
    isBackOffNext: ({ context }) => context.next === 'back-off',
    isUpRequested: ({ event }) => event.type === 'program.configure' && event.spec.wanted === 'up',
    hasStragglers: ({ event }) => event.type === 'process.exited' && event.stragglers.length > 0,
  },
  actions: {
    // --- what is wanted
    wantUp: assign({ wanted: 'up' }),
    wantDown: assign({
      wanted: 'down',
      stopCause: ({ event }) => (event.type === 'program.stop' ? event.by : undefined),
    }),
    replaceSpec: assign(({ context, event }) =>
      event.type === 'program.configure'
        ? {
            spec: event.spec,
            wanted: event.spec.wanted,
            stopCause: undefined,
            restartDelay: context.timings.minRestartDelay,
            instantDeathsInRow: 0,
            error: null,
          }
        : {},
    ),
    startNext: assign({ next: 'start' }),
    backOffNext: assign({ next: 'back-off' }),

    // --- the restart delay
    doubleRestartDelay: assign({
      restartDelay: ({ context }) => nextRestartDelay(context.restartDelay, context.timings),
    }),
    resetRestartDelay: assign({
      restartDelay: ({ context }) => context.timings.minRestartDelay,
      instantDeathsInRow: 0,
    }),

    // --- the process actor, one per incarnation
    spawnProcess: assign({
      starts: ({ context }) => context.starts + 1,
      next: 'start',
      process: ({ context: { spec }, spawn }) =>
        spawn('process', {
          id: 'process',
          input: { name: spec.name, args: spec.args, revision: spec.revision },
        }),
    }),
    spawnLeftovers: assign({
      process: ({ context, spawn }) => spawn('leftovers', { id: 'leftovers', input: { name: context.spec.name } }),
    }),
    releaseProcess: enqueueActions(({ context, enqueue }) => {
      if (context.process === undefined) return;
      enqueue(stopChild(context.process));
      enqueue.assign({ process: undefined, pid: null, run: null, stragglers: [] });
    }),
    terminate: enqueueActions(({ context: { process, spec }, enqueue }) => {
      if (process === undefined) return;
      enqueue.sendTo(process, { type: 'process.terminate', signal: spec.stop.signal, tree: spec.stop.tree });
    }),
    kill: enqueueActions(({ context: { process }, enqueue }) => {
      if (process !== undefined) enqueue.sendTo(process, { type: 'process.kill' });
    }),
    passSignal: enqueueActions(({ context: { process }, event, enqueue }) => {
      if (process === undefined || event.type !== 'program.signal') return;
      enqueue.sendTo(process, { type: 'process.signal', signal: event.signal });
    }),

    // --- what became of it
    rememberProcess: assign(({ event }) =>
      event.type === 'process.started' ? { pid: event.pid, run: event.run, error: null } : {},
    ),
    rememberExit: assign(({ event }) =>
      event.type === 'process.exited' ? { pid: null, lastExit: event.exit, stragglers: event.stragglers } : {},
    ),
    rememberLingering: assign(({ event }) => (event.type === 'process.lingering' ? { stragglers: event.pids } : {})),
    rememberStuck: assign(({ event }) =>
      event.type === 'process.stuck'
        ? {
            stragglers: event.pids,
            error: { code: 'ESTUCK', message: `SIGKILL does not end pid ${event.pids.join(', ')}` },
          }
        : {},
    ),
    rememberFailure: assign(({ context, event }) => ({
      error: event.type === 'process.failed' ? event.error : isDefect(event.type) ? defectOf(event) : context.error,
      instantDeathsInRow: context.instantDeathsInRow + 1,
    })),
    countInstantDeath: assign({
      instantDeaths: ({ context }) => context.instantDeaths + 1,
      instantDeathsInRow: ({ context }) => context.instantDeathsInRow + 1,
    }),
    forgetStuck: assign({ error: ({ context }) => (context.error?.code === 'ESTUCK' ? null : context.error) }),

    // --- the one voice of the program
    tell: enqueueActions(({ context, event, enqueue, self }, params: { readonly fact: ProgramFact['type'] }) => {
      const fact = factOf(params.fact, context, event);
      enqueue.emit(fact);
      if (self._parent) enqueue(sendTo(self._parent, fact));
    }),
  },
}).createMachine({
  id: 'program',
  description: 'The life of one supervised program.',
  context: ({ input }) => ({
    spec: input.spec,
    timings: input.timings,
    wanted: input.spec.wanted,
    next: 'start',
    restartDelay: input.timings.minRestartDelay,
    process: undefined,
    pid: null,
    run: null,
    starts: 0,
    instantDeaths: 0,
    instantDeathsInRow: 0,
    lastExit: null,
    error: null,
    stragglers: [],
    stopCause: undefined,
  }),
  initial: 'stopped',
  states: {
    stopped: {
      description: 'Nothing runs, and nothing is about to.',
      entry: 'releaseProcess',
      on: {
        'program.start': { target: 'starting', actions: 'wantUp' },
        'program.restart': { guard: 'isWantedUp', target: 'starting' },
        'program.configure': [
          { guard: 'isUpRequested', target: 'starting', actions: 'replaceSpec' },
          { actions: 'replaceSpec' },
        ],
        // Already so; but whoever asked waits for the answer (a shutdown counts them).
        'program.stop': { actions: ['wantDown', { type: 'tell', params: { fact: 'program.stopped' } }] },
        'program.reap': { target: 'killing', actions: ['startNext', 'spawnLeftovers'] },
        // program.signal, program.kill: there is no process. process.*: it has been released.
      },
    },

    starting: {
      description: 'A process was asked for; it has not lived for the threshold yet.',
      entry: ['releaseProcess', 'spawnProcess', { type: 'tell', params: { fact: 'program.starting' } }],
      always: { guard: 'isThresholdZero', target: 'running' },
      after: { threshold: { target: 'running' } },
      on: {
        'process.started': { actions: ['rememberProcess', { type: 'tell', params: { fact: 'program.started' } }] },
        'process.exited': [
          {
            guard: 'hasStragglers',
            target: 'killing',
            actions: [
              'rememberExit',
              'countInstantDeath',
              'backOffNext',
              { type: 'tell', params: { fact: 'program.died' } },
            ],
          },
          {
            target: 'backing-off',
            actions: ['rememberExit', 'countInstantDeath', { type: 'tell', params: { fact: 'program.died' } }],
          },
        ],
        'process.failed': {
          target: 'backing-off',
          actions: ['rememberFailure', { type: 'tell', params: { fact: 'program.failed' } }],
        },
        'program.restart': { target: 'killing', actions: 'startNext' },
        'program.configure': { target: 'killing', actions: ['replaceSpec', 'startNext'] },
        'program.stop': { target: 'killing', actions: 'wantDown' },
        'program.signal': { actions: 'passSignal' },
        // A broken process actor may have left its process behind: look for it before anything is started.
        'xstate.error.actor.process': {
          target: 'killing',
          actions: [
            'rememberFailure',
            'backOffNext',
            'spawnLeftovers',
            { type: 'tell', params: { fact: 'program.failed' } },
          ],
        },
        // program.start: it is starting. program.kill: only a stop that takes too long is hastened.
      },
    },

    running: {
      description: 'The process outlived the threshold; the restart delay is back at its minimum.',
      entry: ['resetRestartDelay', { type: 'tell', params: { fact: 'program.running' } }],
      on: {
        // With a threshold of 0, or one shorter than a spawn.
        'process.started': { actions: ['rememberProcess', { type: 'tell', params: { fact: 'program.started' } }] },
        'process.exited': [
          {
            guard: 'hasStragglers',
            target: 'killing',
            actions: ['rememberExit', 'startNext', { type: 'tell', params: { fact: 'program.died' } }],
          },
          { target: 'starting', actions: ['rememberExit', { type: 'tell', params: { fact: 'program.died' } }] },
        ],
        // It never ran, whatever the threshold says: without a back-off this would spin.
        'process.failed': {
          target: 'backing-off',
          actions: ['rememberFailure', { type: 'tell', params: { fact: 'program.failed' } }],
        },
        'program.restart': { target: 'killing', actions: 'startNext' },
        'program.configure': { target: 'killing', actions: ['replaceSpec', 'startNext'] },
        'program.stop': { target: 'killing', actions: 'wantDown' },
        'program.signal': { actions: 'passSignal' },
        'xstate.error.actor.process': {
          target: 'killing',
          actions: [
            'rememberFailure',
            'backOffNext',
            'spawnLeftovers',
            { type: 'tell', params: { fact: 'program.failed' } },
          ],
        },
        // program.start: it is running. program.kill: as in starting.
      },
    },

    'backing-off': {
      description: 'It died young or could not be spawned; the next start waits for the restart delay.',
      entry: ['releaseProcess', { type: 'tell', params: { fact: 'program.backing-off' } }],
      after: { restartDelay: { target: 'starting', actions: 'doubleRestartDelay' } },
      on: {
        'program.start': { target: 'starting', actions: 'wantUp' },
        'program.restart': { target: 'starting' },
        'program.configure': [
          { guard: 'isUpRequested', target: 'starting', actions: 'replaceSpec' },
          {
            target: 'stopped',
            actions: ['replaceSpec', { type: 'tell', params: { fact: 'program.stopped' } }],
          },
        ],
        'program.stop': {
          target: 'stopped',
          actions: ['wantDown', { type: 'tell', params: { fact: 'program.stopped' } }],
        },
        // program.signal, program.kill: there is no process. process.*: it has been released.
      },
    },

    killing: {
      description: 'Everything of the process has to go: the stop signal first, SIGKILL after the killtime.',
      entry: ['terminate', { type: 'tell', params: { fact: 'program.killing' } }],
      after: { killtime: { actions: ['kill', { type: 'tell', params: { fact: 'program.killed' } }] } },
      on: {
        'process.started': { actions: ['rememberProcess', { type: 'tell', params: { fact: 'program.started' } }] },
        'process.exited': { actions: ['rememberExit', { type: 'tell', params: { fact: 'program.died' } }] },
        'process.lingering': {
          actions: ['rememberLingering', { type: 'tell', params: { fact: 'program.lingering' } }],
        },
        'process.stuck': { actions: ['rememberStuck', { type: 'tell', params: { fact: 'program.stuck' } }] },
        'process.gone': [
          {
            guard: 'isWantedDown',
            target: 'stopped',
            actions: ['forgetStuck', { type: 'tell', params: { fact: 'program.stopped' } }],
          },
          { guard: 'isBackOffNext', target: 'backing-off', actions: 'forgetStuck' },
          { target: 'starting', actions: 'forgetStuck' },
        ],
        'process.failed': [
          {
            guard: 'isWantedDown',
            target: 'stopped',
            actions: { type: 'tell', params: { fact: 'program.stopped' } },
          },
          { guard: 'isBackOffNext', target: 'backing-off' },
          { target: 'starting' },
        ],
        'program.configure': { actions: ['replaceSpec', 'startNext'] },
        'program.restart': { guard: 'isWantedUp', actions: 'startNext' },
        'program.start': { actions: ['wantUp', 'startNext'] },
        'program.stop': { actions: 'wantDown' },
        'program.signal': { actions: 'passSignal' },
        'program.kill': { actions: 'kill' },
        'xstate.error.actor.process': { actions: ['rememberFailure', 'spawnLeftovers', 'terminate'] },
        // program.reap: what is being ended is being ended.
      },
    },
  },
});

/** Builds a fact from what the program knows now and the event that made it speak. */
function factOf(type: ProgramFact['type'], context: ProgramContext, event: ProgramEvent): ProgramFact {
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
      return { type, name, exit: context.lastExit ?? { code: null, signal: null }, stragglers: context.stragglers };
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
