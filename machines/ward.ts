import {
  assign,
  enqueueActions,
  setup,
  stopChild,
  type ActorRefFrom,
  type AnyActorRef,
  type EventObject,
} from 'xstate';
import { rememberedOf, type SupervisorMemory } from './program-memory.js';
import { defectOf, type Fault } from './ports.js';
import { programMachine } from './program.js';
import type { ProgramSpec } from './program-spec.js';
import type { Timings } from './timings.js';

/** How many programs a ward takes. XState copies a parent's map of children whenever one of them comes or goes. */
export const wardCapacity = 64;

/** The actor of a program. */
export type ProgramRef = ActorRefFrom<typeof programMachine>;
export type WardRef = ActorRefFrom<typeof wardMachine>;

/** What a ward begins with. */
export interface WardInput {
  readonly timings: Timings;
  /** Who is told, by the ward and by the programs in it. */
  readonly supervisor: AnyActorRef;
}

/** What a ward knows. */
export interface WardContext extends WardInput {
  readonly programs: ReadonlyMap<string, ProgramRef>;
}

/** What a ward is told by its supervisor. */
export type WardCommand =
  /** Gives each of these an actor; answered by one `ward.admitted`. */
  | {
      readonly type: 'ward.admit';
      readonly specs: readonly ProgramSpec[];
      readonly remembered?: SupervisorMemory;
    }
  | { readonly type: 'ward.discharge'; readonly name: string };

/** What a ward tells. The programs in it speak for themselves. */
export type WardEvent =
  | { readonly type: 'ward.admitted'; readonly programs: ReadonlyMap<string, ProgramRef> }
  /** A program's actor broke, or ended by itself; it is in the ward no more. */
  | { readonly type: 'ward.lost'; readonly name: string; readonly program: ProgramRef; readonly error: Fault };

const prefix = 'program/';

/** The program whose actor an `xstate.done.actor.*` or `xstate.error.actor.*` is about. */
function nameIn(event: EventObject): string {
  return 'actorId' in event ? String(event.actorId).slice(prefix.length) : '';
}

/**
 * Some dozens of the supervisor’s programs (id `ward`): XState copies a parent’s map of children whenever one of them
 * comes or goes, so a parent has not too many.
 */
export const wardMachine = setup({
  types: {
    input: {} as WardInput,
    context: {} as WardContext,
    events: {} as WardCommand,
  },
  actors: { program: programMachine },
  actions: {
    admit: assign(({ context, event, spawn }) => {
      if (event.type !== 'ward.admit') return {};
      const programs = new Map(context.programs);
      for (const spec of event.specs) {
        const remembered = event.remembered && rememberedOf(event.remembered, spec.name);
        const input = { spec, timings: context.timings, supervisor: context.supervisor, remembered };
        programs.set(spec.name, spawn('program', { id: prefix + spec.name, input }));
      }
      return { programs };
    }),
    tellAdmitted: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'ward.admit') return;
      const names = new Set(event.specs.map(({ name }) => name));
      const programs = new Map([...context.programs].filter(([name]) => names.has(name)));
      enqueue.sendTo(context.supervisor, { type: 'ward.admitted', programs } satisfies WardEvent);
    }),
    discharge: enqueueActions(({ context, event, enqueue }) => {
      const name = event.type === 'ward.discharge' ? event.name : nameIn(event);
      const program = context.programs.get(name);
      if (program === undefined) return;
      const programs = new Map(context.programs);
      programs.delete(name);
      enqueue.assign({ programs });
      enqueue(stopChild(program));
    }),
    tellLost: enqueueActions(({ context, event, enqueue }) => {
      const name = nameIn(event);
      const program = context.programs.get(name);
      // One that was discharged may break as it is stopped: it is nobody's loss, and its name may have a new actor.
      if (program === undefined) return;
      const lost: WardEvent = { type: 'ward.lost', name, program, error: defectOf(event) };
      enqueue.sendTo(context.supervisor, lost);
    }),
  },
}).createMachine({
  id: 'ward',
  description: 'Some dozens of the supervisor’s programs, so that none of them has too many neighbours.',
  context: ({ input }) => ({ ...input, programs: new Map() }),
  initial: 'open',
  states: {
    open: {
      description: 'Programs are admitted and discharged as the supervisor says.',
      on: {
        'ward.admit': { actions: ['admit', 'tellAdmitted'] },
        'ward.discharge': { actions: 'discharge' },
        'xstate.error.actor.*': { actions: ['tellLost', 'discharge'] },
        'xstate.done.actor.*': { actions: ['tellLost', 'discharge'] },
      },
    },
  },
});
