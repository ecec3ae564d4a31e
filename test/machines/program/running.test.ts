import { describe, expect, test } from 'vitest';
import { LoneProgram } from '../../fixtures/lone-program.js';

describe('running', () => {
  test('running_entry: to outlive the threshold once resets the restart delay', () => {
    const program = new LoneProgram();
    program.system.next.push({ life: 10 }, { life: 10 }, {});
    program.start().wait(410 + 810 + 999);
    expect(program.context).toMatchObject({ restartDelay: 1_600, instantDeathsInRow: 2 });
    program.wait(1);
    expect(program.state).toBe('running');
    expect(program.context).toMatchObject({ restartDelay: 400, instantDeathsInRow: 0, instantDeaths: 2 });
  });

  test('running_exit: is followed by a start at the same moment', () => {
    const program = new LoneProgram();
    program.system.next.push({ life: 1_001, exit: { code: null, signal: 'SIGSEGV' } });
    program.start().wait(1_001);
    expect(program.state).toBe('starting');
    expect(program.system.story('exited', 'asked')).toEqual(['0 asked', '1001 exited', '1001 asked']);
    expect(program.context).toMatchObject({ instantDeaths: 0, lastExit: { code: null, signal: 'SIGSEGV' } });
  });

  test('running_exit-stragglers: what outlives it is ended first, then it starts without a back-off', () => {
    const program = new LoneProgram();
    program.system.next.push({ life: 2_000, children: 1, termDelay: 30 });
    program.start().wait(2_000);
    expect(program.state).toBe('killing');
    program.wait(30);
    expect(program.system.story('asked', 'gone')).toEqual(['0 asked', '2030 gone', '2030 asked']);
    expect(program.context).toMatchObject({ instantDeaths: 0, stragglers: [] });
  });

  test('running_late-failure: a helper that fails late backs off, or it would spin', () => {
    const program = new LoneProgram({ timings: { threshold: 0 } }).start();
    program.actor.send({ type: 'process.failed', error: { code: 'ESETPRIV', message: 'no such user' } });
    expect(program.state).toBe('backing-off');
    expect(program.context).toMatchObject({ pid: null, process: undefined, error: { code: 'ESETPRIV' } });
  });

  test('running_restart: ends the process and starts another one', () => {
    const program = new LoneProgram().run().restart('m1');
    expect(program.state).toBe('starting');
    expect(program.system.story('SIGTERM', 'gone', 'asked')).toEqual([
      '0 asked',
      '1000 SIGTERM',
      '1000 gone',
      '1000 asked',
    ]);
  });

  test('running_configure-up: the new spec runs when the old process is gone', () => {
    const program = new LoneProgram();
    program.system.next.push({ termDelay: 200 });
    program.run().configure({ revision: 'r3' }).wait(200);
    expect(program.system.revisions()).toEqual([
      [0, 'r1'],
      [1_200, 'r3'],
    ]);
  });

  test('running_configure-down and running_stop: it ends, and stays so', () => {
    for (const program of [new LoneProgram().run().configure({ wanted: 'down' }), new LoneProgram().run().stop()]) {
      expect(program.wait(100_000).state).toBe('stopped');
      expect(program.system.story('asked', 'gone')).toEqual(['0 asked', '1000 gone']);
    }
  });

  test('running_start, running_kill, running_reap: change nothing', () => {
    const program = new LoneProgram().run().start().send({ type: 'program.kill' }).send({ type: 'program.reap' });
    expect(program.state).toBe('running');
    expect(program.system.story()).toEqual(['0 asked', '0 spawned']);
  });

  test('running_signal: reaches the process', () => {
    const program = new LoneProgram().run().send({ type: 'program.signal', signal: 'SIGUSR1' });
    expect(program.system.story('SIGUSR1')).toEqual(['1000 SIGUSR1']);
  });

  test('running_defect: the process that its broken actor left behind is ended before another one starts', () => {
    const program = new LoneProgram();
    program.system.next.push({ breaksOn: 'process.signal', termDelay: 100 });
    program.run().send({ type: 'program.signal', signal: 'SIGUSR1' });
    expect(program.state).toBe('killing');
    expect(program.wait(100).state).toBe('backing-off');
    expect(program.wait(400).state).toBe('starting');
    expect(program.system.story('reap', 'SIGTERM', 'gone')).toEqual(['1000 reap', '1000 SIGTERM', '1100 gone']);
    expect(program.system.mostAlive).toBe(1);
  });

  test('running_dispose-defect: an actor that breaks as it is released does not harm the next process', () => {
    const program = new LoneProgram();
    program.system.next.push({ breaksOn: 'dispose', life: 2_000 }, { spawnDelay: 50 });
    program.start().wait(100_000);
    expect(program.state).toBe('running');
    expect(program.system.alive('web')).toHaveLength(1);
    expect(program.system.mostAlive).toBe(1);
  });
});
