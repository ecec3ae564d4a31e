import { describe, expect, test } from 'vitest';
import { Colony } from '../../fixtures/colony.js';

const intensity = { deaths: 2, within: 10_000 };
const error = { code: 'EGAVEUP', message: 'more than 2 deaths within 10 s, the last of web' };
const short = { life: 100 };

/** Dies at 100, 600, 1,500, 3,200 ms: each time young. */
function dying(script = short): Colony {
  const colony = new Colony({ intensity });
  colony.system.usual = script;
  return colony.add('web');
}

describe('a supervisor with an intensity', () => {
  test('gives up at the death that is too much, stops everything, and says why', () => {
    const colony = dying().wait(1_499);
    expect(colony.state).toBe('supervising');
    colony.wait(1);
    expect(colony.root.getSnapshot()).toMatchObject({ status: 'done', output: { left: [], gaveUp: error } });
    expect(colony.facts.map(({ type }) => type).filter((type) => /^supervisor|stopped/.test(type))).toEqual([
      'supervisor.gave-up',
      'supervisor.stopping',
      'program.stopped',
      'supervisor.stopped',
    ]);
    expect(colony.factsOf('supervisor.gave-up')).toEqual([{ type: 'supervisor.gave-up', error }]);
  });

  test('counts the deaths of all programs together, those after a long life and failed spawns too', () => {
    const colony = new Colony({ intensity });
    colony.system.next.push({ life: 2_000 }, { failure: { code: 'ENOENT', message: 'no such file' } }, { life: 5_000 });
    colony.add('a', 'b', 'c').wait(4_999);
    expect(colony.state).toBe('supervising');
    expect(colony.wait(1).root.getSnapshot().output?.gaveUp?.message).toContain('the last of c');
  });

  test('forgets deaths that are older than its time', () => {
    const colony = dying({ life: 6_000 }).wait(60_000);
    expect(colony.factsOf('program.died').length).toBeGreaterThan(8);
    expect(colony.state).toBe('supervising');
    expect(colony.context.deaths).toBeLessThanOrEqual(2);
  });

  test('does not count what was asked for', () => {
    const colony = new Colony({ intensity }).add('web').wait(1_000);
    for (let restart = 0; restart < 5; restart++) colony.receive({ type: 'RESTART-ALL' }).sync({}).wait(1);
    expect(colony.factsOf('program.died').map(({ asked }) => asked)).toEqual([true, true, true, true, true]);
    expect(colony.state).toBe('supervising');
  });

  test('counts a defect of ours as a death', () => {
    const colony = new Colony({ intensity: { deaths: 0, within: 10_000 } });
    colony.system.next.push({ breaksOn: 'spawn' });
    expect(colony.add('web').wait(1_000).root.getSnapshot().output?.gaveUp).toBeDefined();
  });
});

test('a supervisor without one never gives up', () => {
  const colony = new Colony();
  colony.system.usual = short;
  colony.add('web').wait(600_000);
  expect(colony.state).toBe('supervising');
  expect(colony.context.deaths).toBe(0);
});
