import { describe, expect, test } from 'vitest';
import { LoneProgram } from '../../fixtures/lone-program.js';

/** Two instant deaths: in the second wait, which began at 420 ms and is to last 800. */
function backingOff(): LoneProgram {
  const program = new LoneProgram();
  program.system.next.push({ life: 10 }, { life: 10 });
  program.start().wait(420);
  expect(program.state).toBe('backing-off');
  return program;
}

const asked = (program: LoneProgram) => program.system.story('asked').at(-1);

describe('backing-off', () => {
  test('backing-off_restartDelay: the wait is as long as the delay, to the millisecond', () => {
    const program = backingOff();
    expect(program.wait(799).state).toBe('backing-off');
    expect(program.wait(1).state).toBe('starting');
  });

  test.each(['restart', 'start'] as const)('backing-off_%s: starts at once and keeps the delay', (order) => {
    const program = backingOff();
    program.system.next.push({ life: 10 });
    program.wait(100)[order]();
    expect(asked(program)).toBe('520 asked');
    program.wait(10 + 799);
    expect(asked(program)).toBe('520 asked');
    program.wait(1);
    expect(asked(program)).toBe('1330 asked');
  });

  test('backing-off_configure-up: starts the new spec at once and resets the delay', () => {
    const program = backingOff();
    program.system.next.push({ life: 10 });
    program.configure({ revision: 'r5' });
    expect(program.system.calls.at(-2)).toMatchObject({ what: 'asked', at: 420, revision: 'r5' });
    program.wait(10 + 400);
    expect(asked(program)).toBe('830 asked');
    expect(program.context.instantDeathsInRow).toBe(1);
  });

  test('backing-off_configure-down: stops', () => {
    const program = backingOff().configure({ wanted: 'down' });
    expect(program.state).toBe('stopped');
    expect(program.told().slice(-2)).toEqual(['killing', 'stopped']);
    expect(asked(program.wait(100_000))).toBe('410 asked');
  });

  test('backing-off_stop: the pending start does not come any more', () => {
    const program = backingOff().stop('removed');
    expect(program.state).toBe('stopped');
    expect(program.facts.at(-1)).toMatchObject({ type: 'program.stopped', because: 'process.gone', by: 'removed' });
    expect(asked(program.wait(100_000))).toBe('410 asked');
  });

  test.each(['stop', 'restart', 'configure'] as const)(
    'backing-off_%s: what a dead main process left, in a session of its own, is ended first',
    (order) => {
      const program = backingOff();
      program.system.leave('web', { termDelay: 70 });
      program[order]();
      expect(program.state).toBe('killing');
      expect(program.system.story('SIGTERM', 'gone').at(-1)).toBe('420 SIGTERM');
      expect(program.wait(69).state).toBe('killing');
      expect(program.wait(1).state).toBe(order === 'stop' ? 'stopped' : 'starting');
    },
  );

  test('backing-off_stop-configure: a start after a stop is one start, not two', () => {
    const program = backingOff().stop().configure();
    expect(program.wait(800).system.story('asked')).toEqual(['0 asked', '410 asked', '420 asked']);
  });

  test('backing-off_signal, backing-off_kill, backing-off_reap: change nothing', () => {
    const program = backingOff();
    const before = program.system.calls.length;
    program
      .send({ type: 'program.signal', signal: 'SIGHUP' })
      .send({ type: 'program.kill' })
      .send({ type: 'program.reap' });
    expect(program.state).toBe('backing-off');
    expect(program.system.calls).toHaveLength(before);
  });

  test('backing-off_dispose-defect: an actor that breaks as it is released is told of, and the wait goes on', () => {
    const program = new LoneProgram();
    program.system.next.push({ life: 10, breaksOn: 'dispose' });
    program.start().wait(10);
    expect(program.state).toBe('backing-off');
    expect(program.facts.at(-1)).toMatchObject({ type: 'program.failed', error: { code: 'EDEFECT' } });
    expect(program.wait(400).state).toBe('starting');
  });
});
