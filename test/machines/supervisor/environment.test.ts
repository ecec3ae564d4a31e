import { expect, test } from 'vitest';
import { Colony } from '../../fixtures/colony.js';
import { specOf } from '../../fixtures/lone-program.js';

test('what the supervisor knows has no place for an environment', () => {
  const colony = new Colony().add('web');
  expect(Object.keys(colony.context).sort().join(' ')).toBe(
    'admitting broken deaths faults gaveUp inbox intensity isHurried lastTicket leftovers programs remembered specs ' +
      'syncedTicket timings unstopped wards',
  );
  expect(colony.context.wards.map((ward) => Object.keys(ward.getSnapshot().context).sort())).toEqual([
    ['programs', 'supervisor', 'timings'],
  ]);
  expect([...colony.context.specs.values()].map((spec) => Object.keys(spec).sort())).toEqual([
    ['args', 'groups', 'name', 'revision', 'stop', 'wanted'],
  ]);
});

test('no fact carries the words of a program: whoever shows them reads the file', () => {
  const colony = new Colony().sync({ added: [specOf({ args: ['serve', '--token', 'hush'] })] }).wait(1_000);
  colony.receive({ type: 'RESTART', name: 'web' }).sync({}).remove('web').signal('SIGTERM');
  expect(colony.facts.length).toBeGreaterThan(10);
  expect(JSON.stringify(colony.facts)).not.toContain('hush');
});
