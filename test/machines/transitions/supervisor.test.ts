import { describe, expect, test } from 'vitest';
import { createActor, fromCallback, setup, type EventObject, type SnapshotFrom } from 'xstate';
import {
  supervisorMachine,
  type ConfigSynced,
  type programMachine,
  type ProgramInput,
  type SupervisorEvent,
  type WardContext,
  type WardInput,
  type wardMachine,
} from '../../../machines/index.js';
import { specOf, timings } from '../../fixtures/lone-program.js';
import { undecidedPairs, type Absences } from '../../fixtures/pairs.js';
import { walk } from '../../fixtures/walk.js';

type ActorEventType =
  | 'xstate.error.actor.ward/0'
  | 'xstate.error.actor.config'
  | 'xstate.error.actor.messages'
  | 'xstate.error.actor.signals';

const of = (event: SupervisorEvent): EventObject => event;

const found = (what: Partial<ConfigSynced>): EventObject => {
  const nothing = { added: [], changed: [], removed: [], rejected: [], healed: [], warnings: [] };
  return of({ type: 'config.synced', ...nothing, ticket: 1_000, ...what });
};

const brokenActor = (id: string): EventObject[] => [
  { type: `xstate.error.actor.${id}`, actorId: id, error: new Error('broke') } as EventObject,
];

/** A program that is stopped and says nothing, in a ward that says nothing: what they would say is among the events. */
const silentProgram = setup({ types: { context: {} as ProgramInput, input: {} as ProgramInput } }).createMachine({
  context: ({ input }) => input,
  initial: 'stopped',
  states: { stopped: {} },
}) as unknown as typeof programMachine;

const silentWard = setup({
  types: { context: {} as Pick<WardContext, 'programs'> },
  actors: { program: silentProgram },
}).createMachine({
  context: ({ spawn }) => ({
    programs: new Map([['web', spawn('program', { input: { spec: specOf(), timings } })]]),
  }),
}) as unknown as typeof wardMachine;

const programsOf = () => createActor(silentWard, { input: {} as WardInput }).getSnapshot().context.programs;
const programs = programsOf();

const error = { code: 'EIO', message: '' };
const web = { name: 'web' } as const;
const why = { because: 'a test' };
const exit = { code: 0, signal: null };

/** Every type of event, at least once for each way in which a machine may look at it. A new one is a type error here. */
const events: Record<SupervisorEvent['type'] | ActorEventType, readonly EventObject[]> = {
  'config.synced': [
    found({}),
    found({ added: [specOf()] }),
    found({ changed: [{ spec: specOf({ revision: 'r2' }), keys: ['args'] }] }),
    found({ removed: ['web'] }),
    found({ rejected: [{ ...web, error }], healed: ['api'], warnings: [{ ...web, warning: 'odd' }] }),
  ],
  'messages.received': [of({ type: 'messages.received', messages: [{ id: 'm', message: { type: 'RESTART-ALL' } }] })],
  'message.garbled': [of({ type: 'message.garbled', id: 'm', of: {}, error })],
  'directory.lost': [of({ type: 'directory.lost', path: '/', error })],
  'directory.found': [of({ type: 'directory.found', path: '/' })],
  'directory.unwatched': [of({ type: 'directory.unwatched', path: '/', error })],
  'signal.received': (['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((signal) =>
    of({ type: 'signal.received', signal }),
  ),
  shutdown: [of({ type: 'shutdown' })],
  'shutdown.force': [of({ type: 'shutdown.force' })],
  'death.forgotten': [of({ type: 'death.forgotten' })],
  'program.revive': [of({ type: 'program.revive', ...web })],
  'program.starting': [of({ type: 'program.starting', ...web, ...why, starts: 1 })],
  'program.started': [of({ type: 'program.started', ...web, pid: 7, run: 'r' })],
  'program.running': [of({ type: 'program.running', ...web, pid: 7, run: 'r' })],
  'program.died': [
    of({ type: 'program.died', ...web, exit, stragglers: [] }),
    of({ type: 'program.died', ...web, exit, stragglers: [], asked: true }),
  ],
  'program.failed': [of({ type: 'program.failed', ...web, error })],
  'program.backing-off': [
    of({ type: 'program.backing-off', ...web, ...why, delay: 400, instantDeaths: 1, instantDeathsInRow: 1 }),
  ],
  'program.killing': [of({ type: 'program.killing', ...web, ...why, signal: 'SIGTERM', killtime: 5_000 })],
  'program.lingering': [of({ type: 'program.lingering', ...web, pids: [8] })],
  'program.killed': [of({ type: 'program.killed', ...web })],
  'program.stuck': [of({ type: 'program.stuck', ...web, error, pids: [8] })],
  'program.stopped': [
    of({ type: 'program.stopped', ...web, ...why }),
    of({ type: 'program.stopped', ...web, ...why, by: 'shutdown' }),
  ],
  'ward.admitted': [of({ type: 'ward.admitted', programs })],
  'ward.lost': [programs, programsOf()].map((ward) =>
    of({ type: 'ward.lost', ...web, program: ward.get('web')!, error }),
  ),
  'xstate.error.actor.ward/0': brokenActor('ward/0'),
  'xstate.error.actor.config': brokenActor('config'),
  'xstate.error.actor.messages': brokenActor('messages'),
  'xstate.error.actor.signals': brokenActor('signals'),
};

const timers: EventObject[] = [
  { type: 'xstate.after.lastResort.supervisor.stopping' },
  { type: 'xstate.after.shutdownDeadline.supervisor.stopping' },
];

const directories = ['directory.lost', 'directory.found', 'directory.unwatched'];

const loud = {
  'nothing goes on without them: the root breaks, and says why': [
    'xstate.error.actor.ward/0',
    'xstate.error.actor.config',
    'xstate.error.actor.messages',
    'xstate.error.actor.signals',
  ],
};

const absences: Record<string, Absences> = {
  supervising: { 'only a stop is hastened': ['shutdown.force'], ...loud },
  stopping: {
    ...loud,
    'their actors are gone': ['config.synced', 'messages.received', 'message.garbled', ...directories],
    'it is under way': ['shutdown'],
    'deaths do not count any more': ['death.forgotten'],
  },
};

const machine = supervisorMachine.provide({
  actors: {
    ward: silentWard,
    config: fromCallback(() => {}),
    messages: fromCallback(() => {}),
    signals: fromCallback(() => {}),
  },
});

/** A ward admits nobody of whom it was not asked. */
const mayCome = ({ type }: EventObject, { context }: SnapshotFrom<typeof machine>) =>
  type !== 'ward.admitted' || context.admitting.has('web');

/** What holds in each state that can be reached at all. */
function isPossible({ status, value, context, output }: SnapshotFrom<typeof machine>): boolean {
  const { specs, programs, admitting, broken, leftovers, unstopped } = context;
  const places = [...programs.keys(), ...admitting.keys(), ...broken];
  return (
    status === 'error' ||
    (status === (value === 'stopped' ? 'done' : 'active') &&
      [...specs.keys()].every((name) => places.includes(name)) &&
      new Set(places).size === places.length &&
      [...leftovers].every((name) => admitting.has(name)) &&
      [...admitting.keys(), ...broken].every((name) => status === 'active' || output?.left.includes(name)) &&
      (value !== 'stopping' || unstopped > 0))
  );
}

describe('supervisor', () => {
  test('every pair of state and event is drawn, or absent for a reason', () => {
    expect(undecidedPairs(machine, Object.keys(events), absences)).toEqual([]);
  });

  test(
    'every transition can be taken, and a running actor takes it as the pure machine does',
    { timeout: 30_000 },
    () => {
      const walked = walk<SnapshotFrom<typeof machine>>(machine, {
        inputs: [
          { timings, intensity: { deaths: 0, within: 1_000 } },
          { timings, leftovers: ['web'] },
        ],
        events: (snapshot) => [...Object.values(events).flat(), ...timers].filter((event) => mayCome(event, snapshot)),
        keyOf: ({ status, value, context, children }) => ({
          configuration: [status, value, context.unstopped, context.isHurried, context.inbox.length > 0],
          names: [context.specs, context.programs, context.faults, context.admitting].map((map) =>
            Array.from(map.keys()),
          ),
          actors: Object.keys(children).sort(),
          without: [context.broken, context.leftovers].map((set) => Array.from(set)),
        }),
      });
      expect(walked.untaken).toEqual([]);
      expect(walked.disagreements).toEqual([]);
      const impossible = walked.snapshots.filter((snapshot) => !isPossible(snapshot));
      expect(impossible.map(({ value, context }) => [value, context])).toEqual([]);
    },
  );
});
