import { describe, expect, test, vi } from 'vitest';
import { createActor } from 'xstate';
import { programMachine, supervisorMachine } from '../../../machines/index.js';
import { Colony } from '../../fixtures/colony.js';
import { specOf, timings } from '../../fixtures/lone-program.js';
import type { Script } from '../../../src/testing/fake-process.js';

/**
 * A colony in which the actor of `web` has just broken, at 1,000 ms, and its process lives on: the process actor broke,
 * and then the one that was to look after its leftovers.
 */
function broken(script: Script = {}): Colony {
  const colony = new Colony();
  colony.system.next.push({ breaksOn: 'process.signal', ...script });
  colony.add('web', 'api').wait(1_000);
  colony.system.brokenLeftovers = 1;
  colony.receive({ type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }).sync({});
  expect(colony.factsOf('program.defect')).toEqual([
    { type: 'program.defect', name: 'web', error: { code: 'EDEFECT', message: 'broke on reap' } },
  ]);
  expect(colony.system.alive('web')).toHaveLength(1);
  return colony;
}

/** What is sent to an actor that has broken in the same turn is lost; XState warns of that. */
const expectLostEvents = () => vi.spyOn(console, 'warn').mockImplementation(() => {});

describe('a defect in the actor of one program', () => {
  test('restarts that program after the minimal delay, and ends first what it left behind', () => {
    const colony = broken({ termDelay: 50 }).wait(399);
    expect(colony.program('web')).toBeUndefined();
    expect(colony.wait(1).stateOf('web')).toBe('killing');
    colony.wait(50);
    expect(colony.system.calls.filter(({ name }) => name === 'web').slice(-3)).toMatchObject([
      { at: 1_450, what: 'reaped' },
      { at: 1_450, what: 'asked' },
      { at: 1_450, what: 'spawned' },
    ]);
    expect(colony.wait(1_000).stateOf('web')).toBe('running');
    expect(colony.system.mostAlive).toBe(1);
  });

  test('leaves the others alone', () => {
    const colony = broken().wait(10_000);
    expect(colony.stateOf('api')).toBe('running');
    expect(colony.system.calls.filter(({ name }) => name === 'api')).toHaveLength(2);
  });

  test('is no door for a second process when its file changes meanwhile: the newest spec runs, after the reaping', () => {
    const colony = broken({ termDelay: 50 }).change('web', { revision: 'r6' }).wait(449);
    expect(colony.system.revisions().map(([at]) => at)).toEqual([0, 0]);
    colony.wait(1);
    expect(colony.system.revisions().at(-1)).toEqual([1_450, 'r6']);
    expect(colony.system.mostAlive).toBe(1);
  });

  test('of a program whose file is removed meanwhile: what it left behind is ended, and it is gone', () => {
    const colony = broken().remove('web').wait(400);
    expect(colony.system.alive('web')).toEqual([]);
    expect(colony.context.programs.has('web')).toBe(false);
    expect(colony.wait(100_000).system.revisions()).toHaveLength(2);
  });

  test('of a program that is removed and added again meanwhile: it is reaped, then started', () => {
    const colony = broken({ termDelay: 50 }).remove('web').add('web').wait(10_000);
    expect(colony.stateOf('web')).toBe('running');
    expect(colony.system.mostAlive).toBe(1);
  });

  test('that comes back each time is reported each time, and no faster than the delay allows', () => {
    const colony = broken();
    colony.system.brokenLeftovers = 3;
    colony.wait(1_600);
    expect(colony.factsOf('program.defect')).toHaveLength(4);
    expect(colony.wait(1_000).stateOf('web')).toBe('running');
    expect(colony.system.mostAlive).toBe(1);
  });

  test('shortly before a shutdown: the shutdown ends what it left behind', () => {
    const colony = broken({ termDelay: 50 }).signal('SIGTERM').wait(50);
    expect(colony.left).toEqual([]);
    expect(colony.system.alive('web')).toEqual([]);
  });

  test('shortly before a shutdown, with nothing left behind: the shutdown starts nothing', () => {
    const colony = broken();
    colony.system.alive('web')[0]!.release();
    expect(colony.signal('SIGTERM').left).toEqual([]);
    expect(colony.system.revisions()).toHaveLength(2);
  });

  test('is not mended at once when the delay is longer than a timer can be', () => {
    const colony = new Colony({ timings: { minRestartDelay: 2 ** 31 } });
    colony.system.next.push({ breaksOn: 'process.signal' });
    colony.add('web').wait(1_000);
    colony.system.brokenLeftovers = 1;
    colony.receive({ type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }).sync({}).wait(60_000);
    expect([...colony.context.broken]).toEqual(['web']);
  });

  test('during a shutdown: it is brought back to end what it left behind', () => {
    const colony = new Colony();
    colony.system.next.push({ breaksOn: 'process.terminate', termDelay: 50 });
    colony.add('web', 'api').wait(1_000);
    colony.system.brokenLeftovers = 1;
    colony.signal('SIGTERM').wait(449);
    expect(colony.state).toBe('stopping');
    expect(colony.wait(1).left).toEqual([]);
    expect(colony.system.alive('web')).toEqual([]);
  });

  test('during a shutdown, again and again: its name is left, and the end comes in time', () => {
    expectLostEvents();
    const colony = new Colony();
    colony.system.next.push({ breaksOn: 'process.terminate' });
    colony.add('web', 'api').wait(1_000);
    colony.system.brokenLeftovers = Infinity;
    colony.signal('SIGTERM').wait(6_000);
    expect(colony.left).toEqual(['web']);
  });

  test('that throws in the machine itself is no different', () => {
    expectLostEvents();
    const colony = new Colony({
      actions: {
        passSignal: () => {
          throw new Error('a fault of ours');
        },
      },
    });
    colony.add('web').wait(1_000).receive({ type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }).sync({});
    expect(colony.factsOf('program.defect')).toMatchObject([{ name: 'web', error: { message: 'a fault of ours' } }]);
    expect(colony.wait(10_000).stateOf('web')).toBe('running');
    expect(colony.system.mostAlive).toBe(1);
  });
});

describe('actors that were not provided', () => {
  test.each(['config', 'messages', 'signals'] as const)(
    'without %s the root breaks, and says what is missing',
    (name) => {
      const colony = new Colony({ without: [name] });
      expect(colony.root.getSnapshot().status).toBe('error');
      expect(colony.error).toEqual(new Error(`actor ${name} was not provided`));
    },
  );

  test('without process a program backs off and says why; nothing else is harmed', () => {
    const colony = new Colony({ without: ['process'] }).add('web').change('old', { wanted: 'down' });
    expect(colony.stateOf('web')).toBe('backing-off');
    expect(colony.program('web')?.getSnapshot().context.error).toEqual({
      code: 'EDEFECT',
      message: 'actor process was not provided',
    });
    expect(colony.root.getSnapshot().status).toBe('active');
    expect(colony.stateOf('old')).toBe('stopped');
  });

  test('without process and leftovers too, the defect is told of at every turn, and the root lives', () => {
    expectLostEvents();
    const colony = new Colony({ without: ['process', 'leftovers'] }).add('web').wait(800);
    expect(colony.factsOf('program.defect').map(({ error }) => error.message)).toEqual([
      'actor leftovers was not provided',
      'actor leftovers was not provided',
      'actor leftovers was not provided',
    ]);
    expect(colony.root.getSnapshot().status).toBe('active');
  });

  test('a supervisor without anything breaks before it does anything', () => {
    const errors: unknown[] = [];
    const root = createActor(supervisorMachine, { input: { timings } });
    root.subscribe({ error: (error) => errors.push(error) });
    expect(root.start().getSnapshot().status).toBe('error');
    expect(errors).toEqual([new Error('actor signals was not provided')]);
  });

  test('a program on its own breaks only when its leftovers cannot be looked for either', () => {
    expectLostEvents();
    const errors: unknown[] = [];
    const program = createActor(programMachine, {
      input: { spec: specOf(), timings },
    });
    program.subscribe({ error: (error) => errors.push(error) });
    program.start().send({ type: 'program.start' });
    expect(errors).toEqual([new Error('actor leftovers was not provided')]);
  });
});

describe('a defect in an actor that the whole colony needs', () => {
  test.each(['config', 'messages', 'signals'] as const)('%s: takes the root down, loudly', (name) => {
    const colony = new Colony().add('web').wait(1_000);
    const actor = colony.root.getSnapshot().children[name]!;
    colony.root.send({
      type: `xstate.error.actor.${name}`,
      error: new Error('no space left'),
      actorId: actor.id,
    } as never);
    expect(colony.root.getSnapshot().status).toBe('error');
    expect(colony.error).toEqual(new Error('no space left'));
  });
});
