import { describe, expect, test } from 'vitest';
import { wardCapacity } from '../../../machines/ward.js';
import { Colony } from '../../fixtures/colony.js';
import { specOf } from '../../fixtures/lone-program.js';
import type { Script } from '../../../src/testing/fake-process.js';

const crowd = (size: number, prefix = 'p') => Array.from({ length: size }, (_, index) => `${prefix}${index}`);

/** A colony in which the actor of `web` broke at 1,000 ms; its process lives on. */
function broken(script: Script = {}, killtime?: number): Colony {
  const colony = new Colony();
  colony.system.next.push({ breaksOn: 'process.signal', ...script });
  colony.sync({ added: [specOf({ stop: { signal: 'SIGTERM', killtime, tree: true } })] }).wait(1_000);
  colony.system.brokenLeftovers = 1;
  colony.receive({ type: 'SIGNAL', name: 'web', signal: 'SIGHUP' }).sync({});
  expect([...colony.context.broken]).toEqual(['web']);
  return colony;
}

const revive = (colony: Colony) => colony.root.send({ type: 'program.revive', name: 'web' });

describe('while a program is being admitted', () => {
  test('its file is removed: nothing is started, and nothing of it is kept', () => {
    const colony = new Colony().inOneTurn((it) => it.add('web').remove('web'));
    expect(colony.factsOf('program.stopped')).toMatchObject([{ name: 'web', by: 'removed' }]);
    expect([colony.wards, colony.context.programs.size]).toEqual([[[]], 0]);
    expect(colony.wait(100_000).system.calls).toEqual([]);
  });

  test('its file changes: the new spec is started, once', () => {
    const colony = new Colony().inOneTurn((it) => it.add('web').change('web', { revision: 'r7' }));
    expect(colony.system.revisions()).toEqual([[0, 'r7']]);
    expect(colony.wait(1_000).stateOf('web')).toBe('running');
  });

  test('its file is removed and comes back: one actor, and the newest spec', () => {
    const colony = new Colony().inOneTurn((it) => {
      it.add('web').remove('web').change('web', { revision: 'r8' });
    });
    expect(colony.wards).toEqual([['web']]);
    expect(colony.system.revisions()).toEqual([[0, 'r8']]);
    expect(colony.admittedTwice).toEqual([]);
  });

  test('others come, in two scans in a row: each has one actor, and runs', () => {
    const [first, second] = [crowd(100, 'a'), crowd(100, 'b')];
    const colony = new Colony().inOneTurn((it) => it.add(...first).add(...second));
    expect(colony.wards.flat().sort()).toEqual([...first, ...second].sort());
    expect(colony.wards.every(({ length }) => length <= wardCapacity)).toBe(true);
    expect(colony.wait(1_000).system.revisions()).toHaveLength(200);
    expect([...first, ...second].every((name) => colony.stateOf(name) === 'running')).toBe(true);
    expect(colony.admittedTwice).toEqual([]);
  });

  test('a message for it is judged: it is obeyed when the actor is there, after the messages before it', () => {
    const colony = new Colony().inOneTurn((it) => {
      it.receive({ type: 'RESTART', name: 'nobody' }, { type: 'RESTART', name: 'web' });
      it.sync({ ticket: 1, added: [specOf()] }).sync({ ticket: 0 });
    });
    expect(colony.answers.map(({ id, outcome }) => `${id} ${outcome.kind}`)).toEqual(['m1 rejected', 'm2 obeyed']);
    expect(colony.facts.findLast(({ type }) => type === 'program.killing')).toMatchObject({ name: 'web', by: 'm2' });
    expect(colony.wait(1_000).stateOf('web')).toBe('running');
  });

  test('a message is not judged before all wards have answered', () => {
    const names = crowd(2 * wardCapacity);
    const colony = new Colony().receive({ type: 'RESTART-ALL' });
    colony.sync({ ticket: 1, added: names.map((name) => specOf({ name })) });
    expect(colony.factsOf('program.killing').map(({ name }) => name)).toEqual(names);
  });

  test('everything is stopped: nothing is started, all are counted, and the end comes at once', () => {
    const colony = new Colony().inOneTurn((it) => it.add(...crowd(100)).signal('SIGTERM'));
    expect(colony.left).toEqual([]);
    expect(colony.factsOf('program.stopped')).toHaveLength(100);
    expect(colony.context.unstopped).toBe(0);
    expect(colony.system.calls).toEqual([]);
  });

  test('everything is stopped, with others that take their time: the end waits for these', () => {
    const colony = new Colony();
    colony.system.next.push({ termDelay: 300 });
    colony.add('slow').wait(1_000);
    colony.inOneTurn(() => colony.add(...crowd(100)).signal('SIGTERM'));
    expect(colony.wait(299).context.unstopped).toBe(1);
    expect(colony.wait(1).left).toEqual([]);
    expect(colony.system.revisions()).toHaveLength(1);
  });
});

describe('while a program that broke is being brought back', () => {
  test('its file is removed: what it left behind is ended, and nothing is started', () => {
    const colony = broken({ termDelay: 50 });
    colony.inOneTurn(() => {
      revive(colony);
      colony.remove('web');
    });
    expect(colony.wait(50).system.alive('web')).toEqual([]);
    expect(colony.wards).toEqual([[]]);
    expect(colony.wait(100_000).system.revisions()).toHaveLength(1);
  });

  test.each([0, 50])('its file changes: after %s ms the newest spec is started, and no other', (termDelay) => {
    const colony = broken({ termDelay });
    colony.inOneTurn(() => {
      revive(colony);
      colony.change('web', { revision: 'r7' });
    });
    colony.wait(50);
    expect(colony.system.revisions()).toEqual([
      [0, 'r1'],
      [1_000 + termDelay, 'r7'],
    ]);
    expect(colony.system.mostAlive).toBe(1);
  });

  test('everything is stopped: what it left behind is ended, nothing is started, and the end waits for it', () => {
    const colony = broken({ termDelay: 50 });
    colony.inOneTurn(() => {
      revive(colony);
      colony.signal('SIGTERM');
    });
    expect(colony.wait(49).context.unstopped).toBe(1);
    expect(colony.wait(1).left).toEqual([]);
    expect(colony.system.alive('web')).toEqual([]);
    expect(colony.system.revisions()).toHaveLength(1);
  });

  test('everything is stopped at once: what it left behind is killed without its killtime', () => {
    const colony = broken({ termDelay: Infinity });
    // Whoever hears of the stop hastens it in the same turn.
    colony.root.on('supervisor.stopping', () => colony.signal('SIGINT'));
    expect(colony.signal('SIGINT').left).toEqual([]);
    expect(colony.system.story('SIGKILL')).toEqual(['1000 SIGKILL']);
  });
});

describe('a shutdown', () => {
  test('gives what a broken program left behind as long as the program itself', () => {
    const colony = broken({ termDelay: Infinity }, 60_000).signal('SIGTERM').wait(59_999);
    expect(colony.system.story('SIGKILL')).toEqual([]);
    expect(colony.wait(1).left).toEqual([]);
    expect(colony.system.story('SIGKILL')).toEqual(['61000 SIGKILL']);
  });

  test('is not over early when a program breaks that has said already that it is stopped', () => {
    const colony = new Colony();
    colony.system.next.push({}, { termDelay: 3_000 });
    colony.add('web', 'slow').wait(1_000).signal('SIGTERM');
    expect([colony.stateOf('web'), colony.context.unstopped]).toEqual(['stopped', 1]);
    // The actor of its leftovers broke as it was released.
    const error = new Error('late');
    colony.program('web')!.send({ type: 'xstate.error.actor.leftovers', actorId: 'leftovers', error } as never);
    expect(colony.factsOf('program.defect')).toMatchObject([{ name: 'web', error: { message: 'late' } }]);
    expect(colony.wait(2_999).state).toBe('stopping');
    expect(colony.wait(1).left).toEqual([]);
    expect(colony.system.alive('slow')).toEqual([]);
  });
});

describe('leftovers of an earlier monitor, more than a ward takes', () => {
  const names = crowd(wardCapacity + 10);
  const successor = () =>
    new Colony({
      leftovers: names,
      before: (system) => {
        for (const name of names) system.leave(name, { termDelay: 300 });
      },
    });

  test('are all ended before they are started, each once', () => {
    const colony = successor()
      .add(...names)
      .wait(299);
    expect(colony.system.story('asked')).toEqual([]);
    expect(colony.wait(1_001).system.revisions()).toHaveLength(names.length);
    expect(names.every((name) => colony.stateOf(name) === 'running')).toBe(true);
    expect(colony.system.mostAlive).toBe(1);
    expect(colony.admittedTwice).toEqual([]);
  });

  test('are all waited for by a shutdown', () => {
    const colony = successor().signal('SIGTERM').wait(299);
    expect(colony.context.unstopped).toBe(names.length);
    expect(colony.wait(1).left).toEqual([]);
  });
});

describe('wards', () => {
  test('none takes more than it may when many programs are brought back at once', () => {
    const names = crowd(2 * wardCapacity);
    const colony = new Colony().add(...names).wait(1_000);
    const error = new Error('broke');
    // One place in the first ward, ten in the second.
    const lost = ['p0', ...names.slice(-10)];
    for (const name of lost) {
      colony.program(name)!.send({ type: 'xstate.error.actor.leftovers', actorId: 'leftovers', error } as never);
    }
    expect(colony.context.broken.size).toBe(11);
    colony.system.usual = { termDelay: Infinity };
    const taken: number[][] = [];
    colony.root.on('program.killing', () => taken.push(colony.wards.map(({ length }) => length)));
    colony.signal('SIGTERM');
    expect(taken.at(-1)).toEqual([wardCapacity, wardCapacity]);
    expect(colony.admittedTwice).toEqual([]);
  });

  test('a loss that is told late, of a program that was let go and came back, is not that of the new actor', () => {
    const colony = new Colony().add('web').wait(1_000);
    const program = colony.program('web')!;
    colony.remove('web').add('web').wait(1_000);
    colony.root.send({ type: 'ward.lost', name: 'web', program, error: { code: 'EDEFECT', message: 'late' } });
    expect(colony.factsOf('program.defect')).toEqual([]);
    expect(colony.stateOf('web')).toBe('running');
    expect(colony.signal('SIGTERM').left).toEqual([]);
  });

  test('a place that was given up is taken again before a new ward is opened', () => {
    const colony = new Colony().add(...crowd(2 * wardCapacity));
    colony.remove('p3', 'p70').add('a', 'b');
    expect(colony.wards.map(({ length }) => length)).toEqual([wardCapacity, wardCapacity]);
    colony.add('c');
    expect(colony.wards.map(({ length }) => length)).toEqual([wardCapacity, wardCapacity, 1]);
  });

  test('a program that is removed and added again in one turn is admitted once more, and never twice', () => {
    const colony = new Colony().add(...crowd(wardCapacity)).wait(1_000);
    colony.inOneTurn(() => colony.remove('p5').add('p5').remove('p5'));
    colony.add('p5').wait(1_000);
    expect(colony.stateOf('p5')).toBe('running');
    expect(colony.wards.flat().sort()).toEqual(crowd(wardCapacity).sort());
    expect(colony.admittedTwice).toEqual([]);
  });
});
