import { assign, enqueueActions, setup, stopChild } from 'xstate';
import { factOf, type ProgramFact, type Telling } from './facts.js';
import { firstCounters } from './program-memory.js';
import { defectOf, leftoversPort, processPort } from './ports.js';
import type { ProgramContext, ProgramEvent, ProgramInput } from './program-context.js';
import { nextRestartDelay } from './timings.js';

/**
 * The life of one program, in exactly five states (id `program`). Its host provides `process` and `leftovers`; it is told
 * what to do by `ProgramCommand`, and emits every `ProgramFact`. It never ends by itself.
 */
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
    hasProcess: ({ context }) => context.pid !== null,
    needsNoThreshold: ({ context }) => context.pid !== null && context.timings.threshold === 0,
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
            error: null,
            // The one that it was made with is no news, and what it remembers holds.
            ...(event.spec !== context.spec && {
              restartDelay: context.timings.minRestartDelay,
              instantDeathsInRow: 0,
            }),
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
    spawnProcess: enqueueActions(({ context, enqueue }) => {
      if (context.process !== undefined) return;
      enqueue.assign({
        starts: context.starts + 1,
        next: 'start',
        process: ({ context: { spec }, spawn }) =>
          spawn('process', { id: 'process', input: { name: spec.name, args: spec.args, revision: spec.revision } }),
      });
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
      error: event.type === 'process.failed' ? event.error : defectOf(event),
      instantDeathsInRow: context.instantDeathsInRow + 1,
    })),
    rememberDefect: assign({ error: ({ event }) => defectOf(event) }),
    countInstantDeath: assign({
      instantDeaths: ({ context }) => context.instantDeaths + 1,
      instantDeathsInRow: ({ context }) => context.instantDeathsInRow + 1,
    }),
    forgetStuck: assign({ error: ({ context }) => (context.error?.code === 'ESTUCK' ? null : context.error) }),

    // --- the one voice of the program
    tell: enqueueActions(({ context, event, enqueue }, params: Telling) => {
      const fact = factOf(params, context, event);
      enqueue.emit(fact);
      if (context.supervisor) enqueue.sendTo(context.supervisor, fact);
    }),
  },
}).createMachine({
  id: 'program',
  description: 'The life of one supervised program.',
  context: ({ input: { remembered, ...input } }) => ({
    ...input,
    wanted: input.spec.wanted,
    next: 'start',
    process: undefined,
    pid: null,
    run: null,
    ...firstCounters(remembered, input.timings),
    lastExit: null,
    error: null,
    stragglers: [],
    stopCause: undefined,
  }),
  initial: 'stopped',
  states: {
    stopped: {
      description: 'Nothing runs, and nothing is about to.',
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
        // It broke as it was released: its process is gone all the same.
        'xstate.error.actor.process': {
          actions: ['rememberDefect', { type: 'tell', params: { fact: 'program.failed' } }],
        },
        // program.signal, program.kill: there is no process. process.*: it has been released.
      },
    },

    starting: {
      description: 'A process was asked for; it has not lived for the threshold yet.',
      entry: [
        'spawnProcess',
        {
          type: 'tell',
          params: ({ event }) => ({ fact: event.type === 'process.started' ? 'program.started' : 'program.starting' }),
        },
      ],
      always: { guard: 'needsNoThreshold', target: 'running' },
      after: { threshold: { guard: 'hasProcess', target: 'running' } },
      on: {
        // The threshold counts from here: in a crowd the process comes later than the wish for it.
        'process.started': { target: 'starting', reenter: true, actions: 'rememberProcess' },
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
            actions: [
              'rememberExit',
              'countInstantDeath',
              { type: 'tell', params: { fact: 'program.died' } },
              'releaseProcess',
            ],
          },
        ],
        'process.failed': {
          target: 'backing-off',
          actions: ['rememberFailure', { type: 'tell', params: { fact: 'program.failed' } }, 'releaseProcess'],
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
            { type: 'tell', params: { fact: 'program.failed' } },
            'releaseProcess',
            'spawnLeftovers',
          ],
        },
        // program.start: it is starting. program.kill: only a stop that takes too long is hastened.
      },
    },

    running: {
      description: 'The process outlived the threshold; the restart delay is back at its minimum.',
      entry: ['resetRestartDelay', { type: 'tell', params: { fact: 'program.running' } }],
      on: {
        'process.exited': [
          {
            guard: 'hasStragglers',
            target: 'killing',
            actions: ['rememberExit', 'startNext', { type: 'tell', params: { fact: 'program.died' } }],
          },
          {
            target: 'starting',
            actions: ['rememberExit', { type: 'tell', params: { fact: 'program.died' } }, 'releaseProcess'],
          },
        ],
        // A helper that failed late. It never ran, whatever the threshold says: without a back-off this would spin.
        'process.failed': {
          target: 'backing-off',
          actions: ['rememberFailure', { type: 'tell', params: { fact: 'program.failed' } }, 'releaseProcess'],
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
            { type: 'tell', params: { fact: 'program.failed' } },
            'releaseProcess',
            'spawnLeftovers',
          ],
        },
        // program.start: it is running. program.kill: as in starting.
      },
    },

    'backing-off': {
      description: 'It died young or could not be spawned; the next start waits for the restart delay.',
      entry: { type: 'tell', params: { fact: 'program.backing-off' } },
      after: { restartDelay: { target: 'starting', actions: 'doubleRestartDelay' } },
      on: {
        'program.start': { target: 'starting', actions: 'wantUp' },
        // Its main process is gone, but one that makes a daemon of itself leaves that behind.
        'program.restart': { target: 'killing', actions: ['startNext', 'spawnLeftovers'] },
        'program.configure': { target: 'killing', actions: ['replaceSpec', 'startNext', 'spawnLeftovers'] },
        'program.stop': { target: 'killing', actions: ['wantDown', 'spawnLeftovers'] },
        // As in stopped.
        'xstate.error.actor.process': {
          actions: ['rememberDefect', { type: 'tell', params: { fact: 'program.failed' } }],
        },
        // program.signal, program.kill: there is no process. process.*: it has been released.
      },
    },

    killing: {
      description: 'Everything of the process has to go: the stop signal first, SIGKILL after the killtime.',
      entry: ['terminate', { type: 'tell', params: { fact: 'program.killing' } }],
      exit: 'releaseProcess',
      after: { killtime: { actions: ['kill', { type: 'tell', params: { fact: 'program.killed' } }] } },
      on: {
        'process.started': { actions: ['rememberProcess', { type: 'tell', params: { fact: 'program.started' } }] },
        'process.exited': {
          actions: ['rememberExit', { type: 'tell', params: { fact: 'program.died', asked: true } }],
        },
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
        'program.kill': { actions: ['kill', { type: 'tell', params: { fact: 'program.killed' } }] },
        // The killtime begins anew: SIGKILL may have been sent already, to an actor that did not pass it on.
        'xstate.error.actor.process': {
          target: 'killing',
          reenter: true,
          actions: ['rememberDefect', { type: 'tell', params: { fact: 'program.failed' } }, 'spawnLeftovers'],
        },
        // program.reap: what is being ended is being ended. xstate.error.actor.leftovers: nobody is left to end it; the
        // program breaks, and its supervisor brings it back.
      },
    },
  },
});
