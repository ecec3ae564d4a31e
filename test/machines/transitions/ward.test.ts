import { describe, expect, test } from 'vitest';
import { createActor, createMachine, setup, type EventObject, type SnapshotFrom } from 'xstate';
import { wardMachine, type programMachine, type WardCommand } from '../../../machines/index.js';
import { specOf, timings } from '../../fixtures/lone-program.js';
import { undecidedPairs } from '../../fixtures/pairs.js';
import { walk } from '../../fixtures/walk.js';

type ActorEventType = 'xstate.error.actor.program/web' | 'xstate.done.actor.program/web';

const of = (event: WardCommand): EventObject => event;
const admitted = (...names: readonly string[]) =>
  of({ type: 'ward.admit', specs: names.map((name) => specOf({ name })) });
const ended = (type: ActorEventType): EventObject => ({ type, actorId: 'program/web' }) as EventObject;

/** Every type of event, at least once for each way in which a machine may look at it. A new one is a type error here. */
const events: Record<WardCommand['type'] | ActorEventType, readonly EventObject[]> = {
  'ward.admit': [admitted('web'), admitted('web', 'api'), admitted('api'), admitted()],
  'ward.discharge': [of({ type: 'ward.discharge', name: 'web' }), of({ type: 'ward.discharge', name: 'api' })],
  'xstate.error.actor.program/web': [ended('xstate.error.actor.program/web')],
  'xstate.done.actor.program/web': [ended('xstate.done.actor.program/web')],
};

const silentProgram = setup({}).createMachine({}) as unknown as typeof programMachine;
const machine = wardMachine.provide({ actors: { program: silentProgram } });
const supervisor = createActor(createMachine({})).start();

/** The supervisor gives nobody a second actor. */
const mayCome = (event: EventObject, { context }: SnapshotFrom<typeof machine>) =>
  !('specs' in event) || !(event.specs as { name: string }[]).some(({ name }) => context.programs.has(name));

describe('ward', () => {
  test('every pair of state and event is drawn', () => {
    expect(undecidedPairs(machine, Object.keys(events), {})).toEqual([]);
  });

  test('every transition can be taken, and a running actor takes it as the pure machine does', () => {
    const walked = walk<SnapshotFrom<typeof machine>>(machine, {
      inputs: [{ timings, supervisor }],
      events: (snapshot) =>
        Object.values(events)
          .flat()
          .filter((event) => mayCome(event, snapshot)),
      keyOf: ({ status, value, context, children }) => [
        status,
        value,
        [...context.programs.keys()].sort(),
        Object.keys(children).sort(),
      ],
    });
    expect(walked.untaken).toEqual([]);
    expect(walked.disagreements).toEqual([]);
    expect(walked.snapshots).toHaveLength(4);
    // What it knows of is what there is.
    for (const { context, children } of walked.snapshots) {
      expect(Object.values(children)).toEqual(expect.arrayContaining([...context.programs.values()]));
      expect(Object.keys(children)).toHaveLength(context.programs.size);
    }
  });
});
