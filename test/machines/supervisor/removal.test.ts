import { describe, expect, test } from 'vitest';
import { Colony } from '../../fixtures/colony.js';

/** A running program that takes 300 ms to obey. */
function running(): Colony {
  const colony = new Colony();
  colony.system.next.push({ termDelay: 300 });
  return colony.add('web').wait(1_000);
}

describe('removal', () => {
  test('a removed program is stopped, and its actor reaped when everything of it is gone', () => {
    const colony = running().remove('web');
    expect(colony.factsOf('config.removed')).toEqual([{ type: 'config.removed', name: 'web' }]);
    expect(colony.stateOf('web')).toBe('killing');
    colony.wait(299);
    expect(colony.wards).toEqual([['web']]);
    colony.wait(1);
    expect(colony.wards).toEqual([[]]);
    expect(colony.context.programs.size).toBe(0);
    expect(colony.factsOf('program.stopped')).toMatchObject([{ name: 'web', by: 'removed' }]);
    expect(colony.wait(100_000).system.story('asked')).toEqual(['0 asked']);
  });

  test('a removed program that is stopped or backs off is reaped at once', () => {
    const colony = new Colony();
    colony.system.next.push({ failure: { code: 'ENOENT', message: 'no such file' } });
    colony.add('web').change('old', { wanted: 'down' });
    colony.remove('web', 'old');
    expect(colony.context.programs.size).toBe(0);
    expect(colony.wait(100_000).system.story('asked')).toEqual(['0 asked']);
  });

  test('a program that only stops is not reaped: its file is still there', () => {
    const colony = running().change('web', { wanted: 'down' }).wait(300);
    expect(colony.stateOf('web')).toBe('stopped');
    expect(colony.wards).toEqual([['web']]);
  });

  test('removed and added again while it is being ended: the same actor, configured', () => {
    const colony = running();
    const actor = colony.program('web');
    colony.remove('web').wait(100).change('web', { revision: 'r8' });
    expect(colony.program('web')).toBe(actor);
    expect(colony.stateOf('web')).toBe('killing');
    colony.wait(200);
    expect(colony.stateOf('web')).toBe('starting');
    expect(colony.system.revisions()).toEqual([
      [0, 'r1'],
      [1_300, 'r8'],
    ]);
    expect(colony.system.mostAlive).toBe(1);
  });

  test('added again after it was reaped: a new actor', () => {
    const colony = running().remove('web').wait(300).add('web').wait(1_000);
    expect(colony.stateOf('web')).toBe('running');
    expect(colony.system.mostAlive).toBe(1);
  });

  test('removed, added and removed faster than its answers are read: its process is not left behind', () => {
    const colony = new Colony();
    colony.system.next.push({}, { termDelay: 300 });
    colony.add('web').wait(1_000);
    const spec = colony.context.specs.get('web')!;
    const nothing = {
      type: 'config.synced',
      added: [],
      changed: [],
      removed: [],
      rejected: [],
      healed: [],
      warnings: [],
      ticket: 0,
    } as const;
    // Whoever hears of the removal sends the rest in the same turn.
    const once = colony.root.on('config.removed', () => {
      once.unsubscribe();
      colony.root.send({ ...nothing, added: [spec] });
      colony.root.send({ ...nothing, removed: ['web'] });
    });
    colony.remove('web');
    expect(colony.stateOf('web')).toBe('killing');
    colony.wait(300);
    expect(colony.system.alive('web')).toEqual([]);
    expect(colony.wards).toEqual([[]]);
  });
});
