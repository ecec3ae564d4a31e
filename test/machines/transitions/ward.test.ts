import { describe, expect, test } from 'vitest';
import { createActor, fromCallback, setup, type EventObject, type SnapshotFrom } from 'xstate';
import {
  wardMachine,
  type programMachine,
  type ProgramInput,
  type WardCommand,
  type WardInput,
} from '../../../machines/index.js';
import { specOf, timings } from '../../fixtures/lone-program.js';
import { undecidedPairs } from '../../fixtures/pairs.js';
import { walk } from '../../fixtures/walk.js';

type ActorEventType = `xstate.${'error' | 'done'}.actor.program/${'web' | 'api'}`;

const of = (event: WardCommand): EventObject => event;

const ended = (type: 'error' | 'done', name: string): EventObject[] => [
  {
    type: `xstate.${type}.actor.program/${name}`,
    actorId: `program/${name}`,
    ...(type === 'error' && { error: new Error('broke') }),
  } as EventObject,
];

/** Every type of event, at least once for each way in which a ward may look at it. A new one is a type error here. */
const events: Record<WardCommand['type'] | ActorEventType, readonly EventObject[]> = {
  'ward.admit': [
    of({ type: 'ward.admit', specs: [specOf()] }),
    of({ type: 'ward.admit', specs: [specOf(), specOf({ name: 'api', wanted: 'down' })] }),
  ],
  'ward.discharge': [of({ type: 'ward.discharge', name: 'web' }), of({ type: 'ward.discharge', name: 'nobody' })],
  'xstate.error.actor.program/web': ended('error', 'web'),
  'xstate.error.actor.program/api': ended('error', 'api'),
  'xstate.done.actor.program/web': ended('done', 'web'),
  'xstate.done.actor.program/api': ended('done', 'api'),
};

const machine = wardMachine.provide({
  actors: {
    program: setup({ types: { context: {} as ProgramInput, input: {} as ProgramInput } }).createMachine({
      context: ({ input }) => input,
    }) as unknown as typeof programMachine,
  },
});

/** A supervisor asks for nobody who is there. */
const mayCome = (event: EventObject, { context }: SnapshotFrom<typeof machine>) =>
  event.type !== 'ward.admit' ||
  (event as Extract<WardCommand, { type: 'ward.admit' }>).specs.every(({ name }) => !context.programs.has(name));

describe('ward', () => {
  test('every pair of state and event is drawn', () => {
    expect(undecidedPairs(machine, Object.keys(events), {})).toEqual([]);
  });

  test('every transition can be taken, and a running actor takes it as the pure machine does', () => {
    const supervisor = createActor(fromCallback(() => {})).start();
    const walked = walk<SnapshotFrom<typeof machine>>(machine, {
      inputs: [{ timings, supervisor } satisfies WardInput],
      events: (snapshot) =>
        Object.values(events)
          .flat()
          .filter((event) => mayCome(event, snapshot)),
      keyOf: ({ status, value, context, children }) => ({
        configuration: [status, value],
        programs: [...context.programs.keys()].sort(),
        actors: Object.keys(children).sort(),
      }),
    });
    expect(walked.untaken).toEqual([]);
    expect(walked.disagreements).toEqual([]);
    expect(walked.snapshots.map(({ context }) => [...context.programs.keys()].sort().join()).sort()).toEqual([
      '',
      'api',
      'api,web',
      'web',
    ]);
    for (const { status, context, children } of walked.snapshots) {
      expect(status).toBe('active');
      expect(Object.keys(children).sort()).toEqual(
        [...context.programs.keys()].map((name) => `program/${name}`).sort(),
      );
    }
  });
});
