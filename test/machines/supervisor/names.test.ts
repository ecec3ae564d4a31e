import { describe, expect, test } from 'vitest';
import { Colony } from '../../fixtures/colony.js';

const names = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'two words',
  ' ',
  'a.b.c',
  'a.*',
  '*',
  'program/web',
  'config',
  '#_parent',
  'žluťoučký kůň 🐎',
  '-rf',
  "it's",
];

describe('names', () => {
  test.each(names)('%j: starts, is restarted, signalled, breaks and comes back, is removed', (name) => {
    const colony = new Colony().add(name).wait(1_000);
    expect(colony.stateOf(name)).toBe('running');

    colony.receive({ type: 'RESTART', name }).sync({}).wait(1_000);
    expect(colony.system.alive(name)).toHaveLength(1);

    colony.system.next.push({ breaksOn: 'process.signal' });
    colony.change(name).wait(1_000);
    colony.system.brokenLeftovers = 1;
    colony.receive({ type: 'SIGNAL', name, signal: 'SIGHUP' }).sync({});
    expect(colony.factsOf('program.defect')).toMatchObject([{ name }]);
    expect(colony.wait(1_400).stateOf(name)).toBe('running');

    colony.remove(name);
    expect(colony.context.programs.size).toBe(0);
    expect(colony.system.alive(name)).toEqual([]);
    expect(colony.answers.map(({ outcome }) => outcome.kind)).toEqual(['obeyed', 'obeyed']);
    expect(colony.system.mostAlive).toBe(1);
  });

  test('all of them at once are as many programs, and a shutdown ends them all', () => {
    const colony = new Colony({ leftovers: names }).add(...names).wait(1_000);
    expect(names.map((name) => colony.stateOf(name))).toEqual(names.map(() => 'running'));
    expect(colony.signal('SIGTERM').left).toEqual([]);
    expect(names.flatMap((name) => colony.system.alive(name))).toEqual([]);
  });
});
