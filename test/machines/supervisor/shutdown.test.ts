import { describe, expect, test } from 'vitest';
import { Colony } from '../../fixtures/colony.js';
import { specOf } from '../../fixtures/lone-program.js';

const deaf = { termDelay: Infinity } as const;
const stuck = { termDelay: Infinity, killDelay: Infinity } as const;

/** A colony of two: `api` obeys at once; `web` has this script. The time is 1,000 ms. */
function colonyOf(script: object): Colony {
  const colony = new Colony();
  colony.system.next.push({}, script);
  return colony.add('api', 'web').wait(1_000);
}

const kills = (colony: Colony) => colony.system.story('SIGKILL');

describe('shutdown', () => {
  test.each(['SIGTERM', 'SIGINT', 'shutdown'] as const)('%s: ends everything, then the root is done', (order) => {
    const colony = colonyOf({ termDelay: 300 });
    if (order === 'shutdown') colony.root.send({ type: 'shutdown' });
    else colony.signal(order);
    expect(colony.factsOf('supervisor.stopping')).toEqual([
      { type: 'supervisor.stopping', because: order === 'shutdown' ? 'shutdown' : 'signal.received' },
    ]);
    expect(colony.wait(299).state).toBe('stopping');
    colony.wait(1);
    expect(colony.root.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done', output: { left: [] } });
    expect([...colony.system.alive('api'), ...colony.system.alive('web')]).toEqual([]);
    expect(colony.facts.at(-1)).toEqual({ type: 'supervisor.stopped', left: [] });
  });

  test('an empty colony is down at once', () => {
    expect(new Colony().signal('SIGTERM').left).toEqual([]);
  });

  test('programs that are stopped, back off, or are being removed are counted like all others', () => {
    const colony = new Colony();
    colony.system.next.push({ life: 10 }, { termDelay: 300 }, {});
    colony.add('young', 'slow', 'web').change('old', { wanted: 'down' }).wait(1_000);
    colony.system.next.push({ failure: { code: 'ENOENT', message: 'no such file' } });
    colony.add('bad').remove('slow').signal('SIGTERM');
    expect(colony.stateOf('bad')).toBe('stopped');
    expect(colony.wait(299).state).toBe('stopping');
    expect(colony.wait(1).left).toEqual([]);
  });

  test('a late answer to an earlier stop is not taken for an answer to the shutdown', () => {
    const colony = colonyOf({ termDelay: 300 });
    // Whoever hears of the removal orders the shutdown in the same turn, before `api` has answered.
    colony.root.on('config.removed', () => colony.signal('SIGTERM'));
    colony.remove('api');
    expect(colony.wait(299).state).toBe('stopping');
    expect(colony.wait(1).left).toEqual([]);
  });

  test('a program whose process is not there yet is waited for', () => {
    const colony = new Colony();
    colony.system.next.push({ spawnDelay: 200 });
    colony.add('web').signal('SIGTERM').wait(199);
    expect(colony.state).toBe('stopping');
    expect(colony.wait(1).left).toEqual([]);
    expect(colony.system.alive('web')).toEqual([]);
  });

  test('what does not obey is killed at the killtime', () => {
    const colony = colonyOf(deaf).signal('SIGTERM').wait(4_999);
    expect(kills(colony)).toEqual([]);
    expect(colony.wait(1).left).toEqual([]);
    expect(kills(colony)).toEqual(['6000 SIGKILL']);
  });

  test('what cannot be killed is given up one second after the killtime, and named', () => {
    const colony = colonyOf(stuck).signal('SIGTERM').wait(5_999);
    expect(colony.state).toBe('stopping');
    colony.wait(1);
    expect(colony.root.getSnapshot()).toMatchObject({ status: 'done', output: { left: ['web'] } });
    expect(colony.facts.at(-1)).toEqual({ type: 'supervisor.stopped', left: ['web'] });
  });

  test('a program with a killtime of its own is given that long', () => {
    const colony = new Colony();
    colony.system.next.push(deaf);
    colony.sync({ added: [specOf({ stop: { signal: 'SIGTERM', killtime: 60_000, tree: true } })] }).wait(1_000);
    expect(colony.signal('SIGTERM').wait(59_999).state).toBe('stopping');
    expect(kills(colony)).toEqual([]);
    expect(colony.wait(1).left).toEqual([]);
  });

  test('a long killtime that was shortened while it ran does not keep a process from being killed', () => {
    const colony = new Colony();
    colony.system.next.push(deaf);
    colony.sync({ added: [specOf({ stop: { signal: 'SIGTERM', killtime: 60_000, tree: true } })] }).wait(1_000);
    colony.receive({ type: 'RESTART', name: 'web' }).sync({});
    expect(colony.change('web').signal('SIGTERM').wait(6_000).left).toEqual([]);
    expect(colony.system.alive('web')).toEqual([]);
  });

  test.each(['of the monitor', 'of its own'])(
    'a killtime %s as long as can be is waited for, not given up',
    (whose) => {
      const longest = 2 ** 31 - 1;
      const killtime = whose === 'of its own' ? longest : undefined;
      const colony = new Colony({ timings: killtime === undefined ? { killtime: longest } : {} });
      colony.system.next.push(deaf);
      colony.sync({ added: [specOf({ stop: { signal: 'SIGTERM', killtime, tree: true } })] }).wait(1_000);
      colony.signal('SIGTERM').wait(longest - 1_000);
      expect(colony.state).toBe('stopping');
      expect(kills(colony)).toEqual([]);
      expect(colony.wait(1_000).left).toEqual([]);
      expect(kills(colony)).toHaveLength(1);
    },
  );

  test('a second SIGINT kills at once', () => {
    const colony = colonyOf(deaf).signal('SIGINT').wait(100).signal('SIGINT');
    expect(colony.left).toEqual([]);
    expect(kills(colony)).toEqual(['1100 SIGKILL']);
  });

  test('shutdown.force kills at once, and only a shutdown that is under way', () => {
    const colony = colonyOf(deaf);
    colony.root.send({ type: 'shutdown.force' });
    expect(colony.state).toBe('supervising');
    colony.signal('SIGTERM');
    colony.root.send({ type: 'shutdown.force' });
    expect(colony.left).toEqual([]);
    expect(kills(colony)).toEqual(['1000 SIGKILL']);
  });

  test('SIGTERM, SIGHUP and shutdown change nothing while it is stopping', () => {
    const colony = colonyOf(deaf).signal('SIGTERM').wait(100);
    const before = colony.facts.length;
    colony.signal('SIGTERM').signal('SIGHUP');
    colony.root.send({ type: 'shutdown' });
    expect(colony.facts).toHaveLength(before);
    expect(kills(colony)).toEqual([]);
    expect(colony.wait(4_900).left).toEqual([]);
  });

  test('no order is taken while it is stopping, and a message is left for the next monitor', () => {
    const colony = colonyOf(deaf).receive({ type: 'RESTART', name: 'web' }).signal('SIGTERM');
    colony.add('new').change('web', { revision: 'r9' }).receive({ type: 'START', name: 'web' }).sync({ ticket: 9 });
    expect(colony.program('new')).toBeUndefined();
    expect(colony.answers).toEqual([]);
    expect(colony.wait(10_000).left).toEqual([]);
    expect(colony.system.story('asked')).toEqual(['0 asked', '0 asked']);
  });

  test('nobody is let go one by one, and nothing grows with the square of the colony', () => {
    // XState copies the children of a parent each time one of them is stopped.
    const costOfEnd = (size: number) => {
      const colony = new Colony().add(...Array.from({ length: size }, (_, index) => `p${index}`));
      const parents = [Object.keys(colony.root.getSnapshot().children), ...colony.wards];
      colony.inspected.length = 0;
      expect(colony.signal('SIGTERM').left).toEqual([]);
      const steps = colony.inspected.flatMap((event) =>
        event.type === '@xstate.microstep' ? [{ actor: event.actorRef, type: event.event.type }] : [],
      );
      for (const ward of colony.context.wards) {
        expect(steps.filter(({ actor }) => actor === ward).map(({ type }) => type)).toEqual(['xstate.stop']);
      }
      const copies = parents.reduce((sum, children) => sum + children.length ** 2, 0);
      return { copies, steps: steps.filter(({ actor }) => actor === colony.root).length };
    };
    const [small, large] = [costOfEnd(250), costOfEnd(1_000)];
    expect(large.copies / small.copies).toBeLessThan(5);
    expect(large.steps / small.steps).toBeLessThan(5);
  });

  test('both directories are left alone as soon as it is stopping', () => {
    const colony = colonyOf(deaf).signal('SIGTERM');
    const children = Object.keys(colony.root.getSnapshot().children);
    expect(children.sort()).toEqual(['signals', 'ward/0']);
    expect(colony.wards).toEqual([['api', 'web']]);
  });
});
