import { describe, expect, test } from 'vitest';
import type { AnyActorRef } from 'xstate';
import { wardCapacity } from '../../../machines/ward.js';
import { Colony } from '../../fixtures/colony.js';
import { specOf } from '../../fixtures/lone-program.js';

const fault = { code: 'EJSON', message: 'web: not JSON' };

describe('config.synced', () => {
  test('a batch of 1,000 programs makes one transition of the root, and one more for each ward, as of each ward', () => {
    const colony = new Colony();
    colony.inspected.length = 0;
    const names = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
    colony.add(...names);

    const steps = (actor: AnyActorRef, type: string) =>
      colony.inspected.filter(
        (event) => event.type === '@xstate.microstep' && event.actorRef === actor && event.event.type === type,
      ).length;
    const { wards } = colony.context;
    expect(wards).toHaveLength(Math.ceil(1_000 / wardCapacity));
    expect(steps(colony.root, 'config.synced')).toBe(1);
    expect(steps(colony.root, 'ward.admitted')).toBe(wards.length);
    expect(wards.map((ward) => steps(ward, 'ward.admit'))).toEqual(wards.map(() => 1));
    expect(colony.wards.flat()).toEqual(names);
    expect(Math.max(...colony.wards.map(({ length }) => length))).toBe(wardCapacity);
    expect(Object.keys(colony.root.getSnapshot().children)).toHaveLength(3 + wards.length);
    expect(colony.factsOf('config.added')).toEqual([{ type: 'config.added', names }]);
    expect(colony.factsOf('program.started')).toHaveLength(1_000);
    colony.wait(1_000);
    expect(names.every((name) => colony.stateOf(name) === 'running')).toBe(true);
  });

  test('added: what is wanted up starts, what is wanted down has an actor and no process', () => {
    const colony = new Colony().sync({ added: [specOf({ name: 'api' }), specOf({ name: 'old', wanted: 'down' })] });
    expect(colony.stateOf('api')).toBe('starting');
    expect(colony.stateOf('old')).toBe('stopped');
    expect(colony.factsOf('config.added')).toEqual([{ type: 'config.added', names: ['api', 'old'] }]);
  });

  test('changed: the program is restarted with the new spec, and told which keys changed', () => {
    const colony = new Colony().add('api', 'web').wait(1_000).change('web', { revision: 'r5' });
    expect(colony.factsOf('config.changed')).toEqual([
      { type: 'config.changed', name: 'web', keys: ['args'], wanted: 'up' },
    ]);
    expect(colony.facts.find(({ type }) => type === 'program.killing')).toMatchObject({ name: 'web', keys: ['args'] });
    expect(colony.system.revisions().at(-1)).toEqual([1_000, 'r5']);
    expect(colony.stateOf('api')).toBe('running');
  });

  test('changed: a file that turns good for the first time is started', () => {
    const colony = new Colony()
      .sync({ rejected: [{ name: 'web', error: fault }] })
      .change('web')
      .wait(1_000);
    expect(colony.stateOf('web')).toBe('running');
  });

  test('nothing found: nothing happens', () => {
    const colony = new Colony().add('web').wait(1_000);
    const before = colony.facts.length;
    colony.sync({});
    expect(colony.facts).toHaveLength(before);
    expect(colony.stateOf('web')).toBe('running');
  });

  test('rejected: a bad file is told of and remembered; its last good version keeps running', () => {
    const colony = new Colony().add('web').wait(1_000);
    colony.sync({
      rejected: [
        { name: 'web', error: fault },
        { name: 'new', error: fault },
      ],
    });
    expect(colony.factsOf('config.rejected')).toEqual([
      { type: 'config.rejected', name: 'web', error: fault, running: true },
      { type: 'config.rejected', name: 'new', error: fault, running: false },
    ]);
    expect([...colony.context.faults.keys()]).toEqual(['web', 'new']);
    expect(colony.stateOf('web')).toBe('running');
    expect(colony.program('new')).toBeUndefined();
  });

  test('healed: the fault is forgotten, and that is told', () => {
    const colony = new Colony()
      .add('web')
      .wait(1_000)
      .sync({ rejected: [{ name: 'web', error: fault }] });
    colony.sync({ healed: ['web'] });
    expect(colony.context.faults.size).toBe(0);
    expect(colony.factsOf('config.healed')).toEqual([{ type: 'config.healed', name: 'web' }]);
    expect(colony.system.story('asked')).toEqual(['0 asked']);
  });

  test('warnings: what is odd in a good file is told, and it runs', () => {
    const warnings = [{ name: 'web', warning: 'unknown key ncolony.wnated' }];
    const colony = new Colony().sync({ added: [specOf()], warnings });
    expect(colony.factsOf('config.warned')).toEqual([{ type: 'config.warned', ...warnings[0] }]);
    expect(colony.stateOf('web')).toBe('starting');
  });

  test('news of the directories are passed on, and change nothing', () => {
    const colony = new Colony().add('web').wait(1_000);
    const lost = {
      type: 'directory.lost',
      path: '/conf',
      error: { code: 'EACCES', message: '/conf: denied' },
    } as const;
    colony.root.send(lost);
    expect(colony.facts.at(-1)).toEqual(lost);
    expect(colony.stateOf('web')).toBe('running');
  });

  test('a bad file harms no other file of its batch', () => {
    const colony = new Colony().add('old').wait(1_000);
    colony.sync({ added: [specOf({ name: 'api' })], removed: ['old'], rejected: [{ name: 'web', error: fault }] });
    expect(colony.stateOf('api')).toBe('starting');
    expect(colony.program('old')).toBeUndefined();
  });

  test('facts of the programs are passed on to whoever listens to the supervisor', () => {
    const colony = new Colony().add('web').wait(1_000);
    expect(colony.facts.map(({ type }) => type)).toEqual([
      'config.added',
      'program.starting',
      'program.started',
      'program.running',
    ]);
  });
});
