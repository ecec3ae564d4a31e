import { describe, expect, test } from 'vitest';
import { setup, createActor } from 'xstate';
import {
  type ConfigSynced,
  supervisorMachine,
  supervisorProcess,
  type NestedSupervisor,
} from '../../machines/index.js';
import { Colony } from '../fixtures/colony.js';
import { specOf, timings } from '../fixtures/lone-program.js';
import { SteppedClock } from '../../src/simulate/stepped-clock.js';

const intensity = { deaths: 1, within: 10_000 };
/** What is awaited in between is not time. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

/** A colony whose program `inner` is a colony with one program, `web`. Each start of `inner` opens a new one. */
function tree(more: Partial<NestedSupervisor> = {}) {
  const clock = new SteppedClock();
  const inners: Colony[] = [];
  const open = (): NestedSupervisor => {
    const inner = new Colony({ clock, isStarted: false });
    inners.push(inner);
    return {
      machine: inner.machine,
      input: { timings, intensity },
      clock,
      show: (actor) => void (inner.root = actor),
      ...more,
    };
  };
  const outer = new Colony({ clock, process: supervisorProcess(open), intensity: { deaths: 2, within: 60_000 } });
  return { outer, inners };
}

describe('a supervisor that is the process of a program', () => {
  test('runs with it, and is stopped with it, whole', async () => {
    const { outer, inners } = tree();
    outer.add('inner').wait(1_000);
    await settle();
    outer.wait(1_000);
    expect(outer.stateOf('inner')).toBe('running');
    const [inner] = inners;
    inner!.add('web').wait(1_000);
    expect(inner!.stateOf('web')).toBe('running');

    outer.remove('inner');
    await settle();
    outer.wait(1);
    expect(inner!.root.getSnapshot()).toMatchObject({ status: 'done', output: { left: [] } });
    expect(inner!.system.alive('web')).toEqual([]);
    expect(outer.facts.at(-1)).toMatchObject({ type: 'program.stopped', name: 'inner' });
    expect(inners).toHaveLength(1);
  });

  test('gives up, which is a death; then another begins, and in the end its parent gives up too', async () => {
    const { outer, inners } = tree();
    outer.add('inner');
    for (let round = 0; round < 3; round++) {
      await settle();
      const inner = inners[round]!;
      inner.system.usual = { life: 100 };
      inner.add('web').wait(600);
      await settle();
      expect(inner.root.getSnapshot().output?.gaveUp).toBeDefined();
      outer.wait(1_600);
    }
    await settle();
    expect(outer.factsOf('program.died').map(({ exit }) => exit)).toEqual(
      [1, 2, 3].map(() => ({ code: 1, signal: null })),
    );
    expect(outer.root.getSnapshot().output?.gaveUp?.message).toContain('the last of inner');
  });

  test('kills when it is told to', async () => {
    const { outer, inners } = tree();
    outer.add('inner');
    await settle();
    inners[0]!.system.usual = { termDelay: Infinity };
    inners[0]!.add('web').wait(1_000);
    outer.signal('SIGTERM').wait(100).signal('SIGINT');
    await settle();
    outer.wait(1);
    expect(inners[0]!.system.story('SIGKILL')).toHaveLength(1);
    expect(outer.left).toEqual([]);
  });

  test('is told as gone when its host has put away what is its own', async () => {
    let closed = () => {};
    const closing = new Promise<void>((resolve) => (closed = resolve));
    const { outer } = tree({ close: () => closing });
    outer.add('inner');
    await settle();
    outer.remove('inner');
    await settle();
    expect(outer.stateOf('inner')).toBe('killing');
    closed();
    await settle();
    expect(outer.program('inner')).toBeUndefined();
  });

  test('that cannot be opened is a start that failed', async () => {
    const process = supervisorProcess(() =>
      Promise.reject(Object.assign(new Error('it is another’s'), { code: 'ELOCKED' })),
    );
    const outer = new Colony({ process });
    outer.add('inner');
    await settle();
    expect(outer.factsOf('program.failed')).toMatchObject([{ error: { code: 'ELOCKED', message: 'it is another’s' } }]);
    expect(outer.stateOf('inner')).toBe('backing-off');
  });

  test('breaks as a death, too', async () => {
    const { outer } = tree({ machine: supervisorMachine });
    outer.add('inner');
    await settle();
    expect(outer.factsOf('program.died')).toMatchObject([{ exit: { code: 1 } }]);
  });
});

describe('a supervisor that a machine invokes', () => {
  const hostOf = (colony: Colony) =>
    setup({ actors: { supervisor: colony.machine } }).createMachine({
      invoke: {
        id: 'colony',
        src: 'supervisor',
        input: { timings, intensity },
        onDone: [
          { guard: ({ event }) => event.output.gaveUp !== undefined, target: '.alarmed' },
          { target: '.finished' },
        ],
        onError: { target: '.broken' },
      },
      initial: 'working',
      states: { working: {}, alarmed: {}, finished: {}, broken: {} },
    });

  function invoked(colony: Colony) {
    const host = createActor(hostOf(colony), { clock: colony.clock }).start();
    const supervisor = host.getSnapshot().children.colony;
    return { host, supervisor };
  }

  const nothing = { changed: [], removed: [], rejected: [], healed: [], warnings: [] };
  const added: ConfigSynced = { type: 'config.synced', ...nothing, added: [specOf()], ticket: 0 };

  test('ends: its parent is told why', () => {
    const colony = new Colony({ isStarted: false });
    colony.system.usual = { life: 100 };
    const { host, supervisor } = invoked(colony);
    supervisor?.send(added);
    colony.wait(5_000);
    expect(host.getSnapshot().value).toBe('alarmed');
  });

  test('is shut down: its parent is told that too', () => {
    const colony = new Colony({ isStarted: false });
    const { host, supervisor } = invoked(colony);
    supervisor?.send(added);
    supervisor?.send({ type: 'shutdown' });
    colony.wait(1);
    expect(host.getSnapshot().value).toBe('finished');
  });

  test('breaks: its parent is told of the error', () => {
    const colony = new Colony({ isStarted: false, without: ['config'] });
    expect(invoked(colony).host.getSnapshot().value).toBe('broken');
  });
});
