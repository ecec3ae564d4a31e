import { describe, expect, test } from 'vitest';
import { fromCallback, type EventObject, type SnapshotFrom } from 'xstate';
import { programMachine, programStates, type ProgramEvent, type ProgramState } from '../../../machines/index.js';
import { undecidedPairs, type Absences } from '../../fixtures/pairs.js';
import { specOf, timings } from '../../fixtures/lone-program.js';
import { walk } from '../../fixtures/walk.js';

type EventType = ProgramEvent['type'] | 'xstate.error.actor.process' | 'xstate.error.actor.leftovers';

/** Every type of event, at least once for each way in which a machine may look at it. A new one is a type error here. */
const events: Record<EventType, readonly EventObject[]> = {
  'program.start': [{ type: 'program.start' }],
  'program.stop': [{ type: 'program.stop' }],
  'program.restart': [{ type: 'program.restart' }],
  'program.configure': [
    { type: 'program.configure', spec: specOf() } as EventObject,
    { type: 'program.configure', spec: specOf({ wanted: 'down' }) } as EventObject,
  ],
  'program.signal': [{ type: 'program.signal', signal: 'SIGHUP' } as EventObject],
  'program.kill': [{ type: 'program.kill' }],
  'program.reap': [{ type: 'program.reap' }],
  'process.started': [{ type: 'process.started', pid: 7, run: 'r' } as EventObject],
  'process.exited': [
    { type: 'process.exited', exit: { code: 0, signal: null }, stragglers: [] } as EventObject,
    { type: 'process.exited', exit: { code: 0, signal: null }, stragglers: [8] } as EventObject,
  ],
  'process.failed': [{ type: 'process.failed', error: { code: 'ENOENT', message: '' } } as EventObject],
  'process.gone': [{ type: 'process.gone' }],
  'process.lingering': [{ type: 'process.lingering', pids: [8] } as EventObject],
  'process.stuck': [{ type: 'process.stuck', pids: [8] } as EventObject],
  'xstate.error.actor.process': [{ type: 'xstate.error.actor.process', error: new Error('broke') } as EventObject],
  'xstate.error.actor.leftovers': [{ type: 'xstate.error.actor.leftovers', error: new Error('broke') } as EventObject],
};

const timers: EventObject[] = [
  { type: 'xstate.after.threshold.program.starting' },
  { type: 'xstate.after.restartDelay.program.backing-off' },
  { type: 'xstate.after.killtime.program.killing' },
];

const released = [
  'process.started',
  'process.exited',
  'process.failed',
  'process.gone',
  'process.lingering',
  'process.stuck',
];
const unasked = ['process.gone', 'process.lingering', 'process.stuck'];
const breaks = ['xstate.error.actor.leftovers'];

const absences: Record<ProgramState, Absences> = {
  stopped: {
    'there is no process': ['program.signal', 'program.kill'],
    'its process has been released': [...released, ...breaks],
  },
  starting: {
    'it is starting': ['program.start'],
    'only a stop is hastened': ['program.kill'],
    'what it started itself is no leftover': ['program.reap'],
    'the answer to a stop that nobody asked for': unasked,
    'there is no such actor here': breaks,
  },
  running: {
    'it is running': ['program.start'],
    'only a stop is hastened': ['program.kill'],
    'what it started itself is no leftover': ['program.reap'],
    'the threshold counts from the start of the process, so that was before': ['process.started'],
    'the answer to a stop that nobody asked for': unasked,
    'there is no such actor here': breaks,
  },
  'backing-off': {
    'there is no process': ['program.signal', 'program.kill', 'program.reap'],
    'its process has been released': [...released, ...breaks],
  },
  killing: {
    'what is being ended is being ended': ['program.reap'],
    'nobody is left to end it: the program breaks, and its supervisor brings it back': breaks,
  },
};

const machine = programMachine.provide({
  actors: { process: fromCallback(() => {}), leftovers: fromCallback(() => {}) },
});

/** What holds in each state that can be reached at all. */
function isPossible({ status, value, context }: SnapshotFrom<typeof machine>): boolean {
  const { process, pid, run, stragglers, wanted, restartDelay } = context;
  const hasProcess = value === 'starting' || value === 'running' || value === 'killing';
  const isWantedUp = value === 'starting' || value === 'running' || value === 'backing-off';
  return (
    status === 'active' &&
    (process !== undefined) === hasProcess &&
    (hasProcess || (pid === null && run === null && stragglers.length === 0)) &&
    (!isWantedUp || wanted === 'up') &&
    [400, 800, 1_600].includes(restartDelay)
  );
}

describe('program', () => {
  test('every pair of state and event is drawn, or absent for a reason', () => {
    expect(Object.keys(machine.states)).toEqual([...programStates]);
    expect(undecidedPairs(machine, Object.keys(events), absences)).toEqual([]);
  });

  test(
    'every transition can be taken, and a running actor takes it as the pure machine does',
    { timeout: 30_000 },
    () => {
      const walked = walk<SnapshotFrom<typeof machine>>(machine, {
        inputs: [
          { spec: specOf(), timings },
          { spec: specOf({ wanted: 'down' }), timings: { ...timings, threshold: 0 } },
        ],
        // What breaks the program is a matter of its supervisor.
        events: [
          ...Object.values(events)
            .flat()
            .filter(({ type }) => !breaks.includes(type)),
          ...timers,
        ],
        keyOf: ({ value, context: { wanted, next, restartDelay, pid, process, error } }) => [
          { value, wanted, next, restartDelay, pid, process: process?.id, isStuck: error?.code === 'ESTUCK' },
        ],
      });
      expect(walked.untaken).toEqual([]);
      expect(walked.disagreements).toEqual([]);
      const impossible = walked.snapshots.filter((snapshot) => !isPossible(snapshot));
      expect(impossible.map(({ value, context }) => [value, context])).toEqual([]);
    },
  );
});
