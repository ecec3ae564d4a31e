import { describe, expect, test } from 'vitest';
import { memoryOf, type ProgramMemory, type SupervisorMemory } from '../../../machines/index.js';
import { Colony } from '../../fixtures/colony.js';
import { specOf } from '../../fixtures/lone-program.js';

/** Backs off after its second death at once, with the third wait before it. */
function failing(): Colony {
  const colony = new Colony();
  colony.system.usual = { life: 100 };
  return colony.add('web').wait(700);
}

const memory: SupervisorMemory = {
  web: { wanted: 'up', restartDelay: 800, starts: 2, instantDeaths: 2, instantDeathsInRow: 2 },
};

describe('memoryOf', () => {
  test('is plain JSON: wanted names, delays and counters', () => {
    const found = memoryOf(failing().root.getSnapshot());
    expect(found).toEqual(memory);
    expect(JSON.parse(JSON.stringify(found))).toEqual(memory);
  });

  test('is the same when everything is stopped: a shutdown changes nothing of what is wanted', () => {
    const colony = failing().signal('SIGTERM').wait(1_000);
    expect(colony.root.getSnapshot().status).toBe('done');
    expect(memoryOf(colony.root.getSnapshot())).toEqual(memory);
  });

  test('knows nothing of what was removed, and keeps what it was given of programs that did not come yet', () => {
    const late = { late: memory['web']! };
    const colony = new Colony({ remembered: late }).add('web', 'old').wait(1_000).remove('old').wait(1_000);
    expect(Object.keys(memoryOf(colony.root.getSnapshot())).sort()).toEqual(['late', 'web']);
  });
});

describe('a supervisor that remembers', () => {
  test('goes on with delays and counters, at its first start', () => {
    const colony = new Colony({ remembered: memory });
    colony.system.usual = { life: 100 };
    colony.add('web', 'new').wait(100);
    expect(colony.factsOf('program.starting').map(({ starts }) => starts)).toEqual([3, 1]);
    expect(colony.factsOf('program.backing-off')).toMatchObject([
      { name: 'web', delay: 800, instantDeaths: 3, instantDeathsInRow: 3 },
      { name: 'new', delay: 400, instantDeaths: 1, instantDeathsInRow: 1 },
    ]);
  });

  test('begins afresh, after the leftovers were swept: there is never a second copy', () => {
    const colony = new Colony({
      remembered: memory,
      leftovers: ['web'],
      before: (system) => void system.leave('web', { termDelay: 50 }),
    });
    colony.add('web').wait(49);
    expect(colony.system.alive('web')).toHaveLength(1);
    expect(colony.factsOf('program.starting')).toEqual([]);
    colony.wait(1);
    expect(colony.factsOf('program.starting')).toMatchObject([{ starts: 3 }]);
    expect(colony.system.mostAlive).toBe(1);
  });

  test('obeys its source in what is wanted', () => {
    const colony = new Colony({ remembered: { web: { ...memory['web']!, wanted: 'up' } } });
    colony.sync({ added: [specOf({ wanted: 'down' })] }).wait(1_000);
    expect(colony.stateOf('web')).toBe('stopped');
  });

  test('remembers once: who is removed and added again is new', () => {
    const colony = new Colony({ remembered: memory }).add('web').wait(1_000).remove('web').wait(1_000).add('web');
    expect(colony.factsOf('program.starting').map(({ starts }) => starts)).toEqual([3, 1]);
  });

  test('remembers nothing of names that every object has', () => {
    const names = ['constructor', 'toString', '__proto__'];
    const colony = new Colony({ remembered: memory });
    colony.system.usual = { life: 100 };
    colony.add(...names).wait(100);
    expect(colony.factsOf('program.backing-off')).toMatchObject(
      names.map((name) => ({ name, delay: 400, instantDeaths: 1 })),
    );
    const known = memoryOf(colony.root.getSnapshot());
    expect(names.map((name) => known[name]?.starts)).toEqual([1, 1, 1]);
  });

  test.each([
    null,
    {},
    'garbage',
    { ...memory['web'], restartDelay: null },
    { ...memory['web'], restartDelay: '800' },
    { ...memory['web'], starts: -1 },
    { ...memory['web'], instantDeaths: 1.5 },
    { ...memory['web'], instantDeathsInRow: Number.NaN },
  ])('takes %j for no memory', (garbage) => {
    const colony = new Colony({ remembered: { web: garbage as unknown as ProgramMemory } });
    colony.system.usual = { life: 100 };
    colony.add('web').wait(100);
    expect(colony.factsOf('program.defect')).toEqual([]);
    expect(colony.factsOf('program.backing-off')).toMatchObject([
      { delay: 400, instantDeaths: 1, instantDeathsInRow: 1 },
    ]);
  });

  test('keeps a remembered delay within the limits of today', () => {
    const colony = new Colony({ remembered: { web: { ...memory['web']!, restartDelay: 99_999_999 } } });
    colony.system.usual = { life: 100 };
    expect(colony.add('web').wait(100).factsOf('program.backing-off')).toMatchObject([{ delay: 1_600 }]);
  });
});

test('a file that is changed begins anew: what is remembered is of the version before', () => {
  const colony = new Colony({ remembered: memory }).add('web').change('web');
  expect(colony.wait(1).program('web')?.getSnapshot().context).toMatchObject({
    restartDelay: 400,
    instantDeathsInRow: 0,
    instantDeaths: 2,
  });
});

test('snapshots, persisted ones too, can be stringified', () => {
  const colony = failing();
  for (const snapshot of [colony.root.getSnapshot(), colony.root.getPersistedSnapshot()]) {
    expect(JSON.parse(JSON.stringify(snapshot))).toMatchObject({ status: 'active', value: 'supervising' });
  }
  expect(JSON.parse(JSON.stringify(colony.program('web')!.getSnapshot()))).toMatchObject({ value: 'backing-off' });
});
